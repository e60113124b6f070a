// Keys that work everywhere, and the dialog that lists all keys.
import { change } from './api.js';
import { endFilter, removeSelected } from './gallery.js';
import { byId, element } from './dom.js';
import { text } from './texts.js';
import { goToReview } from './review.js';
import { train } from './training.js';

const KEYS = [
  ['n', 'keyNew', () => byId('class-name').focus()],
  ['g', 'keyGallery', () => byId('gallery').focus()],
  ['t', 'keyTrain', train],
  ['r', 'keyReview', goToReview],
  ['z', 'keyUndo', () => change('/api/undo')],
  ['y', 'keyRedo', () => change('/api/redo')],
  ['c', 'keyCamera', () => byId('camera').click()],
  ['l', 'keyLive', () => byId('live').click()],
  ['x', 'keyDelete', removeSelected],
  ['Escape', 'keyEndFilter', endFilter],
  ['?', 'keyHelp', help],
];

/** Keys of the review, see review.js. */
const IN_REVIEW = [['m', 'keySuggested'], ['k', 'keyKeep'], ['x', 'keyDiscard']];

/** Keys of the gallery, see gallery.js. */
const IN_GALLERY = [['← → ↑ ↓', 'keyWalk'], ['Shift', 'keyExtend'], ['␣', 'keySelect'], ['Ctrl A', 'keyAll'], ['1 … 9', 'keyMove'], ['Delete', 'keyDelete'], ['Esc', 'keyNone']];

const row = ([key, label]) => element('tr', {}, element('td', {}, element('kbd', {}, key)), element('td', {}, text(label)));

function help() {
  byId('key-list').replaceChildren(element('tbody', {}, ...KEYS.map(row), ...IN_GALLERY.map(row), ...IN_REVIEW.map(row)));
  byId('sheet').showModal();
}

export function start() {
  byId('help').addEventListener('click', help);
  byId('undo').addEventListener('click', () => change('/api/undo'));
  byId('redo').addEventListener('click', () => change('/api/redo'));
  document.addEventListener('keydown', event => {
    if (event.defaultPrevented || event.altKey || event.target.closest('input, select, textarea, dialog')) return;
    const control = event.ctrlKey || event.metaKey;
    const key = control && event.shiftKey && event.key.toLowerCase() === 'z' ? 'y' : event.key;
    if (control && !['z', 'y'].includes(key)) return;
    const found = KEYS.find(each => each[0] === key);
    if (found) {
      event.preventDefault();
      found[2]();
    }
  });
}
