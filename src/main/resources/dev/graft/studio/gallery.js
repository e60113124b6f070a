// The images of a class, or of all: only those in sight are elements, so that 20,000 are no more work than 20.
import { change, get, state, watch } from './api.js';
import { current, onChoice } from './classes.js';
import { byId, element, say } from './dom.js';
import { text } from './texts.js';

const CELL = 96; // pixels, with the gap
const PAGE = 200; // images per request
const MARGIN = 3; // rows above and below that are ready

let total = 0;
let images = []; // sparse: what has been loaded
let loading = new Set();
let generation = 0; // answers of an older listing are ignored
let selected = new Set(); // paths
let focus = 0;
let only = null; // a list of images instead of a class's, such as the mistakes of a cell

export const selection = () => [...selected];

/** Shows these images instead of a class's; null for the class's again. */
export function showOnly(list) {
  only = list;
  load();
}

/** Loads the listing again. */
export function load() {
  generation++;
  loading = new Set();
  if (only) {
    images = only;
    total = only.length;
    draw();
  } else {
    page(0);
  }
}

async function page(number) {
  if (loading.has(number)) return;
  loading.add(number);
  const own = generation;
  const query = new URLSearchParams({ offset: number * PAGE, limit: PAGE });
  if (current !== null) query.set('class', current);
  if (byId('show').value) query.set('show', byId('show').value);
  try {
    const answer = await get(`/api/images?${query}`);
    if (own !== generation) return;
    if (number === 0) images = [];
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
  const picture = element('img', { alt: '', loading: 'lazy', src: `/api/images/thumbnail?path=${encodeURIComponent(image.path)}&v=${image.version}` });
  picture.addEventListener('error', () => { picture.hidden = true; });
  const mark = image.problem ? '⚠' : image.conflict ? '≠' : image.alike ? '≈' : '';
  const about = [image.path, image.problem && text('status422', image.problem), image.alike ? text('likeOthers', image.alike.slice(0, 3).join(', ')) : null, image.note].filter(Boolean).join(': ');
  const made = element('div', {
    className: 'cell', id: `image-${index}`, role: 'option', title: about, 'aria-label': about, 'aria-selected': String(selected.has(image.path)),
    'aria-setsize': total, 'aria-posinset': index + 1, onclick: event => pick(index, event),
  }, picture, element('bdi', {}, name), mark ? element('span', { className: 'mark', 'aria-hidden': 'true' }, mark) : null);
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
  byId('note').textContent = total ? text('imageCount', total, current ?? text('allClasses')) : text('noImages');
}

function pick(index, { shiftKey = false, ctrlKey = false, metaKey = false } = {}) {
  const path = images[index]?.path;
  if (!path) return;
  if (shiftKey) {
    for (let i = Math.min(focus, index); i <= Math.max(focus, index); i++) if (images[i]) selected.add(images[i].path);
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
  if (extend) for (let i = Math.min(before, focus); i <= Math.max(before, focus); i++) if (images[i]) selected.add(images[i].path);
  const row = Math.floor(focus / columns()) * CELL;
  const gallery = byId('gallery');
  if (row < gallery.scrollTop) gallery.scrollTop = row;
  if (row + CELL > gallery.scrollTop + gallery.clientHeight) gallery.scrollTop = row + CELL - gallery.clientHeight;
  draw();
}

async function act(path, body) {
  if (selected.size === 0) return;
  if (await change(path, { paths: selection(), ...body })) {
    only = only?.filter(image => !selected.has(image.path)) ?? null;
    selected = new Set();
    load();
  }
}

/** Moves the selected images into a class. */
export const moveTo = name => act('/api/images/move', { class: name });

export const removeSelected = () => act('/api/images/delete');

function keys(event) {
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns(), ArrowUp: -columns(), Home: -total, End: total, PageDown: 4 * columns(), PageUp: -4 * columns() };
  if (event.key in steps) walk(focus + steps[event.key], event.shiftKey);
  else if (event.key === ' ') pick(focus, { ctrlKey: true });
  else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) images.forEach(image => selected.add(image.path));
  else if (event.key === 'Escape') selected = new Set();
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
  byId('show').addEventListener('change', () => { only = null; gallery.scrollTop = 0; load(); });
  byId('delete').addEventListener('click', removeSelected);
  byId('move').addEventListener('change', event => { if (event.target.value) moveTo(event.target.value); });
  onChoice(() => { only = null; selected = new Set(); focus = 0; gallery.scrollTop = 0; load(); });
  let seen = '';
  let language = '';
  watch(() => {
    const now = JSON.stringify([state.classes, state.unreadable, state.conflicts]);
    if (now !== seen || language !== document.documentElement.lang) {
      seen = now;
      language = document.documentElement.lang;
      fillChoices();
      if (!only) load();
      else draw();
    }
  });
}
