// The review after a training: labels that are probably wrong, and mistakes; one key decides on an image.
import { change } from './api.js';
import { byId, element } from './dom.js';
import { percent, text } from './texts.js';

const SHOWN = 50; // rows per list
const thumbnail = path => `/api/images/thumbnail?path=${encodeURIComponent(path)}&v=review`;

/** What can be decided, by key; of the classes here, "predicted" is the one that the model suggests. */
const DECISIONS = {
  m: { key: 'moveToClass', path: '/api/images/move', body: mistake => ({ path: mistake.path, class: mistake.predicted }) },
  k: { key: 'keep', path: '/api/images/keep', body: mistake => ({ path: mistake.path }) },
  x: { key: 'delete', path: '/api/images/delete', body: mistake => ({ path: mistake.path }) },
};
DECISIONS.Delete = DECISIONS.x;

const known = new WeakMap(); // the mistake of a row

const first = row => row?.querySelector('button');

// The row leaves the list with the state that answers the change.
async function decide(row, { path, body }) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  if (!await change(path, body(known.get(row)))) return;
  if (next?.isConnected) first(next).focus();
  else goToReview();
}

function makeRow(mistake, about) {
  const button = ([letter, decision]) => element('button', {
    type: 'button', className: 'small', 'aria-keyshortcuts': letter, 'aria-label': `${text(decision.key, mistake.predicted)}: ${mistake.path}`,
    onclick: event => decide(event.target.closest('li'), decision),
  }, text(decision.key, mistake.predicted), ' ', element('kbd', {}, letter));
  const row = element('li', {},
    element('img', { alt: '', loading: 'lazy', src: thumbnail(mistake.path) }),
    element('div', {}, element('p', {}, text(about, mistake.path, mistake.predicted, percent(mistake.probability))),
      ...['m', 'k', 'x'].map(letter => button([letter, DECISIONS[letter]]))));
  known.set(row, mistake);
  return row;
}

const identity = mistake => JSON.stringify([mistake, document.documentElement.lang]);

/** Brings a list up to date; rows that stay are not touched, so that what a person works on does not jump. */
function update(list, mistakes, about) {
  const shown = mistakes.slice(0, SHOWN);
  const wanted = new Set(shown.map(identity));
  for (const row of [...list.children]) if (!wanted.has(row.dataset.identity)) row.remove();
  shown.forEach((mistake, i) => {
    if (list.children[i]?.dataset.identity === identity(mistake)) return;
    const row = makeRow(mistake, about);
    row.dataset.identity = identity(mistake);
    list.insertBefore(row, list.children[i] ?? null);
  });
}

/** Shows what a result says about single images. */
export function review({ mistakes, suspects }, checking) {
  if (suspects === undefined) byId('suspects-note').textContent = checking ? text('checkingLabels') : '';
  else byId('suspects-note').textContent = suspects.length ? text('suspectCount', suspects.length) : text('noSuspects');
  update(byId('suspects'), suspects ?? [], 'suspect');
  byId('mistakes-title').hidden = mistakes.length === 0;
  update(byId('mistakes'), mistakes, 'mistake');
}

function keys(event) {
  const row = event.target.closest('li');
  if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'ArrowDown') first(row.nextElementSibling)?.focus();
  else if (event.key === 'ArrowUp') first(row.previousElementSibling)?.focus();
  else if (event.key in DECISIONS) decide(row, DECISIONS[event.key]);
  else return;
  event.preventDefault();
}

/** Goes to the first image to decide on. */
export const goToReview = () => (first(byId('suspects')) ?? first(byId('mistakes')))?.focus();

export function start() {
  for (const id of ['suspects', 'mistakes']) byId(id).addEventListener('keydown', keys);
}
