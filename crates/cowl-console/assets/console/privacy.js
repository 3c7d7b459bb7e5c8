// The slider says what its position means at once: each row of the table carries its sentence. Without this script the form's button
// does the same. A schedule that is being measured is looked at again.

const slider = document.getElementById('slot');
const now = document.getElementById('slot-now');
const rows = [...document.querySelectorAll('#slots tbody tr')];

if (slider && now && rows.length > 0) {
  const show = () => {
    const row = rows[Number(slider.value)];
    if (!row) return;
    now.textContent = row.dataset.now ?? '';
    slider.setAttribute('aria-valuetext', row.dataset.now ?? '');
    for (const other of rows) other.classList.toggle('chosen', other === row);
  };
  slider.addEventListener('input', show);
  slider.addEventListener('change', () => slider.form?.requestSubmit());
}

if (document.querySelector('#slots [data-measuring]')) {
  setTimeout(() => location.reload(), 5000);
}
