// The images of a class, or of all: only visible ones are elements, so that 20,000 are as fast as 20.
import { change, get, sentence, state, watch } from './api.js';
import { current, hiddenWhile, onChoice } from './classes.js';
import { byId, element, say } from './dom.js';
import { LISTED, mistakesOf } from './review.js';
import { percent, text } from './texts.js';

const CELL = 96; // pixels, with the gap
const PAGE = 500; // images per request
const MARGIN = 3; // rows above and below the visible ones that are also elements
const PATHS = 500; // maximum number of paths in one request
const BYTES = 32_000; // maximum size of these paths; the studio accepts a little more

let total = 0;
let images = []; // sparse: the loaded images
let arriving = []; // the images of the newest listing, until its first page is loaded
let loading = new Map(); // pages that are requested or loaded
let generation = 0; // answers of an older listing are ignored
let selected = new Set(); // paths
let focus = 0;
let acting = false;
let only = null; // the true and the predicted class of the mistakes that are shown instead of a class's images

/** Shows the mistakes that match a filter, or without one the images of the class; clears the selection. */
function begin(filter) {
  only = filter;
  selected = new Set();
  focus = 0;
  byId('gallery').scrollTop = 0;
  load();
}

/** Shows the mistakes of a cell of the confusion matrix. */
export function showMistakes(truth, predicted) {
  begin({ truth, predicted });
  byId('filter').scrollIntoView({ block: 'nearest' });
}

/** Shows the images of the class again. */
export function endFilter() {
  if (only) begin(null);
}

const ofCell = mistake => mistake.truth === only.truth && mistake.predicted === only.predicted;
const asImage = mistake => ({ path: mistake.path, version: 'review', note: text('seenAs', mistake.predicted, percent(mistake.probability)) });

/** Loads the listing again. */
export function load() {
  generation++;
  loading = new Map();
  arriving = [];
  if (only) {
    images = (state.result?.mistakes ?? []).filter(ofCell).map(asImage);
    total = images.length;
    focus = Math.min(focus, Math.max(0, total - 1));
    draw();
  } else {
    page(0);
  }
}

function page(number) {
  if (!loading.has(number)) loading.set(number, fetchPage(number));
  return loading.get(number);
}

async function fetchPage(number) {
  const own = generation;
  const query = new URLSearchParams({ offset: number * PAGE, limit: PAGE });
  if (current !== null) query.set('class', current);
  if (byId('show').value) query.set('show', byId('show').value);
  try {
    const answer = await get(`/api/images?${query}`);
    if (own !== generation) return;
    images = arriving; // of any page: a later one may arrive before the first
    total = answer.total;
    answer.images.forEach((image, i) => { images[number * PAGE + i] = image; });
    focus = Math.min(focus, Math.max(0, total - 1));
    draw();
  } catch (problem) {
    if (own === generation) say(problem.message, true);
  }
}

const columns = () => Math.max(1, Math.floor(byId('gallery').clientWidth / CELL));

function cell(image, index, across) {
  const name = image.path.split('/').pop();
  const thumbnail = element('img', { alt: '', loading: 'lazy', src: `/api/images/thumbnail?path=${encodeURIComponent(image.path)}&v=${image.version}` });
  thumbnail.addEventListener('error', () => { thumbnail.hidden = true; });
  const mark = image.problem ? '⚠' : image.conflict ? '≠' : image.alike ? '≈' : '';
  const about = [image.path, image.problem && sentence({ code: 422, message: image.problem }), image.alike ? text('likeOthers', image.alike.join(', ')) : null, image.note].filter(Boolean).join(': ');
  const made = element('div', {
    className: 'cell', id: `image-${index}`, role: 'option', title: about, 'aria-label': about, 'aria-selected': String(selected.has(image.path)),
    'aria-setsize': total, 'aria-posinset': index + 1, onclick: event => pick(index, event),
  }, thumbnail, element('bdi', {}, name), mark ? element('span', { className: 'mark', 'aria-hidden': 'true' }, mark) : null);
  made.style.transform = `translate(${(index % across) * CELL}px, ${Math.floor(index / across) * CELL}px)`;
  made.classList.toggle('focused', index === focus);
  return made;
}

function draw() {
  const gallery = byId('gallery');
  const across = columns();
  byId('canvas').style.height = `${Math.ceil(total / across) * CELL}px`;
  const first = Math.max(0, Math.floor(gallery.scrollTop / CELL) - MARGIN) * across;
  const last = Math.min(total, (Math.ceil((gallery.scrollTop + gallery.clientHeight) / CELL) + MARGIN) * across);
  const cells = [];
  for (let i = first; i < last; i++) {
    if (images[i]) cells.push(cell(images[i], i, across));
    else if (!only) page(Math.floor(i / PAGE));
  }
  byId('canvas').replaceChildren(...cells);
  const shown = byId(`image-${focus}`);
  if (shown) gallery.setAttribute('aria-activedescendant', shown.id);
  else gallery.removeAttribute('aria-activedescendant');
  byId('selected').textContent = selected.size ? text('selectedCount', selected.size) : '';
  byId('delete').disabled = byId('move').disabled = selected.size === 0;
  drawFilter();
}

function drawFilter() {
  byId('filter').hidden = !only;
  if (!only) {
    byId('note').textContent = total ? text('imageCount', total, current ?? text('allClasses')) : text('noImages');
    return;
  }
  const name = text('cellFilter', only.truth, only.predicted);
  byId('filter').textContent = `${name} ×`;
  byId('filter').setAttribute('aria-label', `${name}: ${text('keyEndFilter')}`);
  const all = state.result ? mistakesOf(state.result, only.truth, only.predicted) : 0;
  const count = total ? text('imageCount', total, name) : '';
  const isCut = state.result && mistakesOf(state.result) > LISTED; // others may not have been listed at all
  const missing = isCut ? text('onlyListed', total, all, LISTED) : total ? text('fewerListed', total, all) : text('movedSince');
  byId('note').textContent = total < all || total === 0 ? `${count} ${missing}`.trim() : count;
}

/** Selects images, and loads those that are missing, unless the listing changes meanwhile. */
async function select(from, to) {
  const own = generation;
  for (let i = from; i <= to; i++) {
    if (!images[i] && !only) await page(Math.floor(i / PAGE));
    if (own !== generation) return;
    if (images[i]) selected.add(images[i].path);
  }
  draw();
}

function pick(index, { shiftKey = false, ctrlKey = false, metaKey = false } = {}) {
  const path = images[index]?.path;
  if (!path) return;
  if (shiftKey) {
    select(Math.min(focus, index), Math.max(focus, index));
  } else if (ctrlKey || metaKey || selected.has(path)) {
    if (!selected.delete(path)) selected.add(path);
  } else {
    selected = new Set([path]);
  }
  focus = index;
  draw();
}

function walk(to, extend) {
  if (total === 0) return;
  const before = focus;
  focus = Math.max(0, Math.min(total - 1, to));
  if (extend) select(Math.min(before, focus), Math.max(before, focus));
  const row = Math.floor(focus / columns()) * CELL;
  const gallery = byId('gallery');
  if (row < gallery.scrollTop) gallery.scrollTop = row;
  if (row + CELL > gallery.scrollTop + gallery.clientHeight) gallery.scrollTop = row + CELL - gallery.clientHeight;
  draw();
}

/** Splits paths into groups that fit into one request each. */
function inParts(paths) {
  const encoder = new TextEncoder();
  const parts = [];
  let bytes = 0;
  for (const path of paths) {
    const more = encoder.encode(JSON.stringify(path)).length + 1;
    if (parts.length === 0 || parts.at(-1).length === PATHS || bytes + more > BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1).push(path);
    bytes += more;
  }
  return parts;
}

async function act(path, body) {
  if (acting || selected.size === 0) return;
  acting = true;
  const parts = inParts(selected);
  let made = 0;
  while (made < parts.length && await change(path, { paths: parts[made], ...body })) {
    for (const each of parts[made++]) selected.delete(each);
    if (parts.length > 1) say(text('inSteps', made, parts.length));
  }
  acting = false;
  if (made > 0) load();
}

/** Moves the selected images into a class. */
export const moveTo = name => act('/api/images/move', { class: name });

export const removeSelected = () => act('/api/images/delete');

function keys(event) {
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns(), ArrowUp: -columns(), Home: -total, End: total, PageDown: 4 * columns(), PageUp: -4 * columns() };
  if (event.key in steps) walk(focus + steps[event.key], event.shiftKey);
  else if (event.key === ' ') pick(focus, { ctrlKey: true });
  else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) select(0, total - 1);
  else if (event.key === 'Escape' && selected.size) selected = new Set();
  else if (event.key === 'Delete' || event.key === 'Backspace') removeSelected();
  else if (/^[1-9]$/.test(event.key) && state.classes[event.key - 1]) moveTo(state.classes[event.key - 1].name);
  else return;
  event.preventDefault();
  draw();
}

function fillChoices() {
  byId('move').replaceChildren(element('option', { value: '' }, '…'), ...state.classes.map((each, i) => element('option', { value: each.name }, i < 9 ? `${i + 1} ${each.name}` : each.name)));
}

export function start() {
  const gallery = byId('gallery');
  let due = false;
  gallery.addEventListener('scroll', () => {
    if (!due) requestAnimationFrame(() => { due = false; draw(); });
    due = true;
  });
  gallery.addEventListener('keydown', keys);
  new ResizeObserver(draw).observe(gallery);
  byId('show').addEventListener('change', () => begin(null));
  byId('filter').addEventListener('click', () => { endFilter(); gallery.focus(); });
  byId('delete').addEventListener('click', removeSelected);
  // A closed list changes with each arrow key, so only Enter confirms.
  const move = byId('move');
  let byKeys = false;
  move.addEventListener('pointerdown', () => { byKeys = false; });
  move.addEventListener('keydown', event => {
    byKeys = event.key !== 'Enter';
    if (event.key === 'Enter' && move.value) moveTo(move.value);
  });
  move.addEventListener('change', () => { if (!byKeys && move.value) moveTo(move.value); });
  onChoice(() => begin(null));
  hiddenWhile(() => only !== null);
  let seen = '';
  let language = '';
  watch(() => {
    const now = JSON.stringify([state.classes, state.listing, state.unreadable, state.conflicts, only && state.result?.mistakes]);
    if (now !== seen || language !== document.documentElement.lang) {
      seen = now;
      language = document.documentElement.lang;
      fillChoices();
      load();
    }
  });
}
