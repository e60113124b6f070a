// The list of classes: create, choose, rename, merge, delete.
import { change, state, watch } from './api.js';
import { ask, byId, element, say } from './dom.js';
import { taskName, text } from './texts.js';

const chosen = [];
let hidden = () => false;
let drawn = '';
export let current = null; // null: all classes

/** Calls a listener when another class is chosen. */
export const onChoice = listener => chosen.push(listener);

/** Sets the function that returns whether other images than those of the class are shown. */
export const hiddenWhile = test => { hidden = test; };

export function choose(name) {
  current = name;
  draw(state);
  for (const listener of chosen) listener(name);
}

const path = (name, action) => `/api/classes/${encodeURIComponent(name)}/${action}`;

/** Sends a class name, and chooses the class that has it then: the studio normalizes names. */
async function give(path, name, tell) {
  const before = new Set(state.classes.map(each => each.name));
  if (!await change(path, { name }, tell)) return false;
  choose(state.classes.find(each => !before.has(each.name))?.name ?? null);
  return true;
}

export const make = (name, tell) => give('/api/classes', name, tell);

/** Asks for a class name until it is accepted; returns whether one was. */
export async function askName(question, input, accept) {
  let problem = '';
  const tell = sentence => { problem = sentence; };
  for (let name = await ask(question, { input }); name !== null; name = await ask(question, { input: name, problem })) {
    if (await accept(name, tell)) return true;
  }
  return false;
}

const rename = name => askName(text('renameTo', name), name, (next, tell) => next === name || give(path(name, 'rename'), next, tell));

async function merge(name) {
  const choices = state.classes.map(each => each.name).filter(each => each !== name);
  const into = await ask(text('mergeInto', name), { choices });
  if (into !== null && await change(path(name, 'merge'), { into })) choose(into);
}

async function remove(name) {
  if (await change(path(name, 'delete'))) {
    choose(null);
    say(text('deleted', name));
  }
}

function row(each) {
  const action = (key, act) => element('button', { type: 'button', className: 'small', 'aria-label': `${text(key)}: ${each.name}`, onclick: () => act(each.name) }, text(key));
  const select = element('button', { type: 'button', className: 'class', 'data-class': each.name, 'aria-pressed': String(each.name === current), onclick: () => choose(each.name === current && !hidden() ? null : each.name) },
    element('bdi', {}, each.name), element('span', { className: 'count' }, String(each.images)));
  const actions = each.name !== current ? null : element('div', { className: 'bar' },
    action('rename', rename), state.classes.length > 1 ? action('merge', merge) : null, action('delete', remove));
  return element('li', {}, select, actions);
}

function draw({ classes, preparation, unreadable, conflicts }) {
  if (current !== null && !classes.some(each => each.name === current)) current = null;
  const rows = JSON.stringify([classes, current, document.documentElement.lang]);
  if (rows !== drawn) { // progress must not take the focus, or a button that is being pressed
    drawn = rows;
    const focused = document.activeElement?.dataset?.class;
    byId('class-list').replaceChildren(...classes.map(row));
    if (focused !== undefined) byId('class-list').querySelector(`[data-class="${CSS.escape(focused)}"]`)?.focus();
  }
  const lines = [];
  if (preparation.task) lines.push(text('preparing', `${preparation.done} / ${preparation.total}`, preparation.imagesPerSecond.toFixed(0), taskName(preparation.task)));
  if (preparation.message) lines.push(text('preparationFailed', preparation.message));
  if (unreadable) lines.push(text('unreadableCount', unreadable));
  if (conflicts) lines.push(text('conflictCount', conflicts));
  byId('preparing').textContent = lines.join(' ');
}

export function start() {
  watch(draw);
  const input = byId('class-name');
  const tell = sentence => {
    byId('name-problem').textContent = sentence;
    input.setAttribute('aria-invalid', String(sentence !== ''));
  };
  input.addEventListener('input', () => tell(''));
  byId('new-class').addEventListener('submit', async event => {
    event.preventDefault();
    tell('');
    if (await make(input.value, tell)) input.value = '';
  });
}
