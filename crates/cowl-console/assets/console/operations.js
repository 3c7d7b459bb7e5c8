// Patches the page by what /events says. Everything stands on the page without this; nothing is ever parsed as HTML.

const root = document.getElementById('operations');
const SVG = 'http://www.w3.org/2000/svg';

/** How often the table and the map are drawn anew at the most: an old tablet has other things to do. */
const CALM_MS = 1000;

/** The newest counts that are not drawn yet. */
let latest = null;
let drawing = 0;
/** The console's clock minus this browser's, in seconds. */
let ahead = 0;

if (root) start();

function start() {
  ahead = Number(root.dataset.now) - Date.now() / 1000;
  setInterval(ages, 15000);
  listen();
}

/** The browser connects again by itself and says the last id; the console answers with exactly what was missed. */
function listen() {
  const source = new EventSource(`/events?since=${encodeURIComponent(root.dataset.since)}`);
  const live = document.getElementById('live');
  let refused = 0;
  source.addEventListener('open', () => {
    refused = 0;
    live.hidden = true;
  });
  source.addEventListener('changes', (event) => {
    live.hidden = true;
    root.dataset.since = event.lastEventId;
    take(JSON.parse(event.data));
  });
  const anew = () => {
    source.close();
    // A page that somebody types in is left alone: it has no queue.
    location.reload();
  };
  source.addEventListener('reload', anew);
  source.addEventListener('signed-out', anew);
  source.addEventListener('error', () => {
    live.hidden = false;
    // A refusal ends an event source for good: it is made again, later and later.
    if (source.readyState === EventSource.CLOSED) {
      refused += 1;
      setTimeout(listen, Math.min(30000, 1000 * 2 ** refused));
    }
  });
}

function take(news) {
  ahead = news.now - Date.now() / 1000;
  const list = document.getElementById('cases');
  if (list) {
    for (const key of news.gone) list.querySelector(`[data-key="${key}"]`)?.remove();
    for (const row of news.rows) place(list, row);
    trim(list);
    document.getElementById('empty').hidden = list.childElementCount > 0;
  }
  news.columns.forEach((count, column) => {
    const tile = document.querySelectorAll('.tiles .count')[column];
    if (tile && tile.textContent !== count) tile.textContent = count;
  });
  oldest(news.oldest);
  if (news.health) {
    const line = document.getElementById('health');
    line.classList.toggle('trouble', news.health[0]);
    if (line.textContent !== news.health[1]) line.textContent = news.health[1];
  }
  latest = news;
  if (!drawing) {
    drawing = setTimeout(() => {
      drawing = 0;
      table(latest);
      map(latest.map);
    }, latest.rows.length ? CALM_MS / 4 : CALM_MS);
  }
}

/* The queue */

/** The same order as on the console: by colour, then who waits longest; done cases are left to the console. */
function before(one, other) {
  if (one.rank !== other.rank) return one.rank < other.rank;
  if (one.since !== other.since) return one.since < other.since;
  return one.key < other.key;
}

function place(list, row) {
  const known = list.querySelector(`[data-key="${row.key}"]`);
  if (!wanted(row)) {
    known?.remove();
    return;
  }
  const made = make(row);
  if (known && known.contains(document.activeElement)) {
    // Whoever reads this row by keyboard keeps it.
    made.querySelector('.name').dataset.focus = '';
  }
  known?.remove();
  // From the page's first row on: earlier pages are not here.
  let low = 0;
  let high = list.children.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = list.children[middle].dataset;
    const is_later = before(row, { rank: Number(other.rank), since: Number(other.since), key: other.key });
    if (is_later) high = middle;
    else low = middle + 1;
  }
  if (low === 0 && Number(root.dataset.skip) > 0) return;
  list.insertBefore(made, list.children[low] ?? null);
  made.querySelector('[data-focus]')?.focus();
}

function wanted(row) {
  const { triage, zone, status } = root.dataset;
  const waits = row.status === 'open' || row.status === 'assigned';
  return (!triage || triage === row.triage)
    && (zone === undefined || zone === row.zone)
    && (status === 'any' || (status === 'waiting' ? waits : status === row.status));
}

function make(row) {
  const made = document.getElementById(`case-${row.triage}`).content.firstElementChild.cloneNode(true);
  Object.assign(made.dataset, { key: row.key, rank: row.rank, since: row.since, zone: row.zone, status: row.status });
  made.classList.toggle('urgent', row.urgent);
  made.classList.add('fresh');
  setTimeout(() => made.classList.remove('fresh'), 2500);
  const link = made.querySelector('.name');
  link.href = `/operations/case/${row.key}`;
  link.querySelector('bdi').textContent = row.name;
  made.querySelector('.place bdi').textContent = row.place;
  made.querySelector('.age').textContent = row.age;
  made.querySelector('.status').textContent = row.state;
  made.querySelector('.to bdi').textContent = row.to;
  const fields = made.querySelector('.fields');
  for (const [name, value] of row.fields) {
    fields.append(element('span', {}, [element('b', {}, [name]), ' ', element('bdi', {}, [value])]));
  }
  return made;
}

/** A page has so many rows; the rest is on the next one. */
function trim(list) {
  const most = Number(root.dataset.rows);
  const more = document.getElementById('more');
  while (list.children.length > most) {
    list.lastElementChild.remove();
    more.hidden = false;
  }
}

/* Ages */

function age(since) {
  const seconds = Math.max(0, Math.floor(Date.now() / 1000 + ahead - since));
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3600), Math.floor(seconds / 86400)];
  const fill = (pattern, one, other) => pattern.replace('{n}', one).replace('{m}', other);
  if (days > 0) return fill(root.dataset.days, days, hours % 24);
  if (hours > 0) return fill(root.dataset.hours, hours, minutes % 60);
  return fill(root.dataset.minutes, minutes, 0);
}

function ages() {
  for (const row of document.querySelectorAll('.case[data-since], .oldest[data-since]')) {
    const shown = row.querySelector('.age');
    const text = age(Number(row.dataset.since));
    if (shown.textContent !== text) shown.textContent = text;
  }
}

function oldest([key, since, text]) {
  const line = document.getElementById('oldest');
  line.querySelector('.age').textContent = text;
  if (key) line.dataset.since = since;
  else delete line.dataset.since;
  const link = line.querySelector('a');
  if (link) {
    link.hidden = !key;
    if (key) link.href = `/operations/case/${key}`;
  }
}

/* Zones in numbers */

function table(news) {
  const body = document.getElementById('zones');
  const rows = news.zones.map((zone) => {
    const name = element('th', { scope: 'row' }, [element('a', { href: zone.href }, [element('bdi', {}, [zone.name])])]);
    const cells = [...zone.cells, zone.total].map((count) => element('td', { dir: 'ltr' }, [count]));
    return element('tr', {}, [name, ...cells, element('td', {}, [trend(zone.trend)])]);
  });
  const focused = body.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
  body.replaceChildren(...rows);
  if (focused) [...body.querySelectorAll('a')].find((link) => link.getAttribute('href') === focused)?.focus();
  const sums = document.querySelectorAll('.zones tfoot td[data-triage]');
  news.columns.forEach((count, column) => { sums[column].textContent = count; });
  document.getElementById('total').textContent = news.total;
}

function trend([drawn, said]) {
  const bars = element('span', { class: 'bars', dir: 'ltr', 'aria-hidden': 'true' }, [drawn]);
  return element('span', { class: 'trend' }, [bars, ' ', element('span', { class: 'sr' }, [said])]);
}

/* The map */

function map(shades) {
  const drawing = document.getElementById('map');
  if (!drawing) return;
  const name = (zone) => `${zone.level}\n${zone.zone}`;
  const known = new Map([...drawing.querySelectorAll('.zone')].map((zone) => [name(zone.dataset), zone]));
  if (shades.some((zone) => !known.has(name(zone)))) {
    redraw(drawing);
    return;
  }
  const counted = new Map(shades.map((zone) => [name(zone), zone]));
  for (const [key, zone] of known) {
    const nobody = { shade: 0, text: null, said: drawing.dataset.nobody.replace('{zone}', zone.dataset.zone) };
    shade(zone, counted.get(key) ?? nobody);
  }
}

function shade(zone, { shade: step, text, said }) {
  zone.setAttribute('class', `zone s${step}`);
  if (zone.getAttribute('aria-label') !== said) {
    zone.setAttribute('aria-label', said);
    zone.querySelector('title').textContent = said;
  }
  let label = zone.querySelector('text');
  if (!text || zone.dataset.room === undefined) {
    label?.remove();
    return;
  }
  if (!label) {
    label = drawn('text', { x: zone.dataset.x, y: zone.dataset.y });
    zone.append(label);
  }
  if (label.textContent !== text) label.textContent = text;
}

/** A zone turned up that the page did not have. */
async function redraw(drawing) {
  const answer = await fetch('/operations/map', { headers: { 'x-cowl-refresh': '1' } });
  if (!answer.ok) return;
  const { height, base, zones } = await answer.json();
  drawing.setAttribute('viewBox', `0 0 1000 ${height}`);
  lay(drawing, base);
  for (const zone of drawing.querySelectorAll('.zone')) zone.remove();
  drawing.append(...zones.map((zone) => {
    const link = drawn('a', { class: `zone s${zone.shade}`, href: zone.href, 'aria-label': zone.said });
    Object.assign(link.dataset, { level: zone.level, zone: zone.zone, x: zone.x, y: zone.y });
    if (zone.room) link.dataset.room = '';
    const title = drawn('title', {});
    title.textContent = zone.said;
    link.append(title, drawn('path', { d: zone.path }));
    shade(link, zone);
    return link;
  }));
}

/** The base map moves with the zones; tiles that stay are not asked for again. */
function lay(drawing, tiles) {
  const under = drawing.querySelector('.base');
  if (!under) return;
  drawing.classList.toggle('based', tiles.length > 0);
  const known = new Map([...under.children].map((image) => [image.getAttribute('href'), image]));
  under.replaceChildren(...tiles.map((tile) => {
    const image = known.get(tile.href) ?? drawn('image', { preserveAspectRatio: 'none', ...tile });
    known.delete(tile.href);
    for (const [key, value] of Object.entries(tile)) {
      if (image.getAttribute(key) !== value) image.setAttribute(key, value);
    }
    return image;
  }));
}

/* Elements, made one by one */

function element(name, attributes, children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function drawn(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
