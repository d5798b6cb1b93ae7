// Filters the processes while you type; without it the form asks the exporter.
const box = document.getElementById('filter');
const rows = [...document.querySelectorAll('.fleet tbody tr')].map(row => [row, row.textContent.toLowerCase()]);
box.addEventListener('input', () => {
  const words = box.value.toLowerCase().split(/\s+/);
  for (const [row, text] of rows) row.hidden = !words.every(word => text.includes(word));
});
