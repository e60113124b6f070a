// New images: dropped, pasted, chosen. A few are sent at once, even if there are thousands.
import { send, state } from './api.js';
import { askName, current, make } from './classes.js';
import { ask, byId, say } from './dom.js';
import { endFilter } from './gallery.js';
import { text } from './texts.js';

const AT_ONCE = 4;
const IMAGE = /\.(png|jpe?g|jpe|jfif|gif|bmp|tiff?|webp)$/i;

let queue = [];
let running = 0;
let done = 0;
let failures = [];

const isImage = file => file.type.startsWith('image/') || IMAGE.test(file.name);

/** Stores an image in a class, and shows the class; images of one group are undone together. */
export function store(label, file, name, group) {
  endFilter();
  return send(`/api/classes/${encodeURIComponent(label)}/images`, file, { 'X-File-Name': encodeURIComponent(name), 'X-Graft-Group': group });
}

async function work() {
  running++;
  for (let next = queue.shift(); next; next = queue.shift()) {
    try {
      await store(next.label, next.file, next.file.name || 'pasted', next.group);
      done++;
    } catch (problem) {
      failures.push(`${next.file.name}: ${problem.message}`);
    }
    say(text('storing', done, done + queue.length), failures.length > 0);
  }
  if (--running === 0) report();
}

function report() {
  say(failures.length ? `${text('stored', done)} ${text('notStored', failures.length)} ${failures[0]}` : text('stored', done), failures.length > 0);
  done = 0;
  failures = [];
}

// The studio trims and normalizes class names, and allows none that differ only in case.
const normal = name => name.trim().normalize('NFC').toLowerCase();

/** Returns the class of a folder, which is created if it is missing, or the reason why it can't be. */
async function classFor(folder) {
  const known = state.classes.find(each => normal(each.name) === normal(folder));
  if (known) return { label: known.name };
  let problem = '';
  return await make(folder, sentence => { problem = sentence; }) ? { label: current } : { problem };
}

/** Returns the class for images without a folder: the chosen one, or one that the user names. */
async function target() {
  if (current !== null) return current;
  if (state.classes.length === 1) return state.classes[0].name;
  if (state.classes.length > 1) return ask(text('whichClass'), { choices: state.classes.map(each => each.name) });
  return await askName(text('nameClass'), '', make) ? current : null;
}

/** Stores files; `folder` is the class name of each, or null. */
export async function take(given) {
  const images = given.filter(({ file }) => isImage(file));
  if (images.length === 0) return say(text('noImageInThat'), true);
  const group = crypto.randomUUID();
  const labels = new Map();
  for (const { folder } of images) {
    if (labels.has(folder)) continue;
    labels.set(folder, folder === null ? { label: await target() } : await classFor(folder));
  }
  for (const { file, folder } of images) {
    const { label, problem } = labels.get(folder);
    if (label) queue.push({ file, label, group });
    else if (problem) failures.push(`${folder}/${file.name}: ${problem}`);
  }
  if (queue.length === 0 && running === 0 && failures.length > 0) report();
  while (running < AT_ONCE && running < queue.length) work();
}

// A folder of class folders: the last folder above an image is its class; a single folder is one class.
const classOf = path => path.split('/').filter(Boolean).at(-2) ?? null;

async function files(entry, path, into) {
  if (entry.isFile) {
    into.push({ file: await new Promise((yes, no) => entry.file(yes, no)), folder: classOf(`${path}/${entry.name}`) });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((yes, no) => reader.readEntries(yes, no)); // at most 100 at once
    if (some.length === 0) return;
    for (const each of some) await files(each, `${path}/${entry.name}`, into);
  }
}

async function dropped(transfer) {
  const entries = [...transfer.items].map(item => item.webkitGetAsEntry?.()).filter(Boolean);
  const all = [];
  for (const entry of entries) await files(entry, '', all);
  await take(all);
}

const plain = list => [...list].map(file => ({ file, folder: file.webkitRelativePath ? classOf(file.webkitRelativePath) : null }));

export function start() {
  for (const id of ['files', 'directory']) {
    byId(id).addEventListener('change', event => { take(plain(event.target.files)); event.target.value = ''; });
  }
  document.addEventListener('paste', event => {
    if (!event.defaultPrevented && event.clipboardData.files.length) take(plain(event.clipboardData.files));
  });
  for (const type of ['dragover', 'dragleave', 'drop']) {
    document.addEventListener(type, event => {
      if (event.defaultPrevented) return;
      event.preventDefault();
      byId('images').classList.toggle('over', type === 'dragover');
      if (type === 'drop') dropped(event.dataTransfer);
    });
  }
}
