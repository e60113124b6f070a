// The review after a training: probably wrong labels, and mistakes; one key decides on an image.
import { change } from './api.js';
import { byId, element } from './dom.js';
import { percent, text } from './texts.js';

const SHOWN = 50; // rows per list
export const LISTED = 200; // maximum number of mistakes that the studio lists
const thumbnail = path => `/api/images/thumbnail?path=${encodeURIComponent(path)}&v=review`;

/** The decisions, by key; "predicted" is the class that the model suggests. */
const DECISIONS = {
  m: { key: 'moveToClass', path: '/api/images/move', body: mistake => ({ path: mistake.path, class: mistake.predicted }) },
  k: { key: 'keep', path: '/api/images/keep', body: mistake => ({ path: mistake.path }) },
  x: { key: 'delete', path: '/api/images/delete', body: mistake => ({ path: mistake.path }) },
};
DECISIONS.Delete = DECISIONS.x;

const known = new WeakMap(); // the mistake of a row
const decided = new WeakSet(); // rows whose change is under way or made

const first = row => row?.querySelector('button');

// The row leaves the list with the next state.
async function decide(row, { path, body }) {
  if (decided.has(row)) return;
  decided.add(row);
  if (!await change(path, body(known.get(row)))) decided.delete(row);
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

/** Updates a list; remaining rows are not touched, so that the row in use does not move. */
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

/** Keeps the focus in the review when its row is removed, because the same keys have other meanings elsewhere. */
function keepFocus(redraw) {
  const row = document.activeElement.closest('.review li');
  const list = row?.parentElement;
  const index = row ? [...list.children].indexOf(row) : 0;
  redraw();
  if (!row || row.isConnected) return;
  const next = list.children[Math.min(index, list.children.length - 1)];
  if (next) first(next).focus();
  else goToReview();
}

function suspectsNote(suspects, checking, renamed) {
  if (suspects === undefined) return checking ? text('checkingLabels') : '';
  const count = suspects.length ? text('suspectCount', suspects.length) : renamed ? '' : text('noSuspects');
  return renamed ? `${count} ${text('movedSince')}` : count;
}

/** Returns the number of mistakes of a training: all, or those with one true and one predicted class. */
export function mistakesOf({ classes, confusion }, truth, predicted) {
  let count = 0;
  for (const [i, row] of confusion.entries()) {
    for (const [k, images] of row.entries()) {
      if (i !== k && (truth === undefined || (classes[i] === truth && classes[k] === predicted))) count += images;
    }
  }
  return count;
}

/** Shows the suspicious labels and mistakes of a result; `renamed`: whether one of its classes no longer exists. */
export function review(result, checking, renamed) {
  const { mistakes, suspects } = result;
  const all = Math.min(LISTED, mistakesOf(result));
  byId('suspects-note').textContent = suspectsNote(suspects, checking, renamed);
  byId('mistakes-title').hidden = all === 0;
  byId('mistakes-note').textContent = mistakes.length < all ? text('fewerListed', mistakes.length, all) : '';
  keepFocus(() => {
    update(byId('suspects'), suspects ?? [], 'suspect');
    update(byId('mistakes'), mistakes, 'mistake');
  });
}

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const row = event.target.closest('li');
  if (event.key === 'ArrowDown') first(row?.nextElementSibling)?.focus();
  else if (event.key === 'ArrowUp') first(row?.previousElementSibling)?.focus();
  else if (!(event.key in DECISIONS)) return;
  else if (row) decide(row, DECISIONS[event.key]);
  event.preventDefault();
}

/** Moves the focus to the first image to decide on or, if there is none, to the review. */
export const goToReview = () => (first(byId('suspects')) ?? first(byId('mistakes')) ?? byId('review-title')).focus();

export function start() {
  byId('review').addEventListener('keydown', keys);
}
