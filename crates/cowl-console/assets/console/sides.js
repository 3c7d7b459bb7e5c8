// Both sides, drawn anew with each event. Text is only ever set as text: what a stranger published stays what it is.

const left = document.getElementById('left');
const right = document.getElementById('right');
const sum = document.getElementById('sum');

const element = (name, className, ...children) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== ''));
  return made;
};

const isolated = (className, text) => element('bdi', className, text);

const pieces = (line, which) => line.pieces.map((piece) => (piece[2] ? element('mark', '', piece[which]) : piece[which]));

const dump = (message) => {
  const made = element('pre', 'dump');
  made.dir = 'ltr';
  made.tabIndex = 0;
  for (const line of message.rows) {
    made.append(element('span', 'at', line.at), '  ', ...pieces(line, 0), ' ', ...pieces(line, 1), '\n');
  }
  if (message.more) made.append(element('span', 'hint', message.more));
  return made;
};

const message = (one) => {
  const topic = isolated('topic', one.topic);
  topic.dir = 'ltr';
  const told = one.instead
    ? [element('span', 'good', one.instead)]
    : one.told.flatMap((word) => [element('mark', '', word), ' ']);
  const made = element(
    'li',
    one.instead ? '' : 'telling',
    element('p', 'line', element('time', '', one.time), ' ', element('span', 'size', one.size), ' ', topic),
    element('p', 'told', ...told, ' ', element('span', 'hint', `${one.form} ${one.around}`)),
    dump(one),
  );
  made.dataset.number = one.number;
  return made;
};

const tag = ([name, letter, word]) => {
  const shape = element('span', `tag ${name}`, element('span', '', letter));
  shape.ariaHidden = 'true';
  return [' ', shape, ' ', element('span', 'word', word)];
};

const report = (one) =>
  element(
    'li',
    '',
    element('p', 'line', element('time', '', one.time), ...(one.triage ? tag(one.triage) : [])),
    element(
      'dl',
      '',
      ...one.fields.map(([name, value]) =>
        element('div', '', element('dt', '', isolated('', name)), element('dd', '', isolated('', value)))),
    ),
  );

const sides = [[left, message], [right, report]];
const paused = document.getElementById('paused');

/** The newest moment that is not drawn yet, because somebody reads. */
let latest = null;

/** Somebody else may have switched: the buttons say how it stands. */
const layer = ({ name, on, figure }) => {
  const line = document.querySelector(`.layers [data-layer="${name}"]`);
  const button = line?.querySelector('button[name]');
  if (!button) return;
  button.ariaPressed = on;
  button.value = on ? 'off' : 'on';
  line.querySelector('.figure').textContent = figure;
};

const draw = (moment) => {
  sum.textContent = moment.sum;
  sum.classList.toggle('leaks', moment.leaks);
  moment.layers.forEach(layer);
  // Who reads a dump, or selects in it, is not disturbed.
  const reads = sides.some(([list]) => list?.contains(document.activeElement));
  paused.hidden = !reads;
  latest = reads ? moment : null;
  if (reads) return;
  for (const [list, made] of sides) {
    if (!list) continue;
    const all = list === left ? moment.left : moment.right;
    list.replaceChildren(...all.map(made));
    list.parentElement.querySelector('.waiting').hidden = all.length > 0;
  }
};

const listen = (refused = 0) => {
  const events = new EventSource('/sides/events');
  events.onopen = () => { refused = 0; };
  events.onmessage = (event) => draw(JSON.parse(event.data));
  events.addEventListener('signed-out', () => {
    events.close();
    location.reload();
  });
  // A refusal ends an event source for good: it is made again, later and later.
  events.onerror = () => {
    if (events.readyState === EventSource.CLOSED) setTimeout(() => listen(refused + 1), Math.min(30000, 1000 * 2 ** refused));
  };
};

if (left && sum) {
  document.addEventListener('focusout', () => setTimeout(() => { if (latest) draw(latest); }));
  listen();
}
