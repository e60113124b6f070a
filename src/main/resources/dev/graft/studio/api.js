// Requests to the studio, and the state that it sends.
import { say } from './dom.js';
import { hasText, text } from './texts.js';

const TOKEN = 'meta[name=graft-token]';
let token = document.querySelector(TOKEN).content;
const listeners = [];
export let state;

/** Calls a listener with the state, now and whenever it changes. */
export function watch(listener) {
  listeners.push(listener);
  if (state) listener(state);
}

function accept(next) {
  const before = state;
  state = next;
  for (const listener of listeners) listener(next, before);
}

/** Repeats the last state, for example in another language. */
export const refresh = () => state && accept(state);

// After a restart the studio has another token, which a reloaded page contains.
async function renew() {
  const page = new DOMParser().parseFromString(await (await fetch('/')).text(), 'text/html');
  const next = page.querySelector(TOKEN)?.content;
  const renewed = Boolean(next) && next !== token;
  token = next ?? token;
  return renewed;
}

/** Returns the studio's sentence in the user's language: by the reason of a refusal or, less precisely, by the status. */
export function sentence({ code, message, details }) {
  if (hasText(details?.reason)) return text(details.reason, details.what);
  return hasText(`status${code}`) ? text(`status${code}`, message) : message ?? text('gone');
}

const problemOf = async answer => new Error(sentence(await answer.json().catch(() => ({}))));

/** Sends a request; on failure throws an error with the studio's message. */
export async function send(path, body, headers = {}) {
  const json = body !== undefined && !(body instanceof Blob);
  for (let tries = 0; ; tries++) {
    const answer = await fetch(path, {
      method: 'POST',
      headers: { 'X-Graft-Token': token, 'Content-Type': json ? 'application/json' : 'application/octet-stream', ...headers },
      body: json ? JSON.stringify(body) : body,
    }).catch(() => { throw new Error(text('gone')); });
    if (answer.status === 403 && tries === 0 && await renew()) continue;
    if (answer.status === 429 && tries < 50) {
      await new Promise(done => setTimeout(done, 300));
      continue;
    }
    if (answer.ok) return answer;
    throw await problemOf(answer);
  }
}

/** Makes a change, applies the new state, and reports a failure. Returns whether the change was made. */
export async function change(path, body = {}, tell = say) {
  try {
    accept(await (await send(path, body)).json());
    say('');
    return true;
  } catch (problem) {
    tell(problem.message, true);
    return false;
  }
}

/** Loads a path; on failure throws an error with the studio's message. */
export async function load(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw await problemOf(answer);
  return answer;
}

export const get = async path => (await load(path)).json();

let events = null;
let lost = false;

function connect() {
  const own = new EventSource('/api/events');
  events = own;
  own.addEventListener('state', event => {
    if (lost) say(text('back'));
    lost = false;
    accept(JSON.parse(event.data));
  });
  own.addEventListener('error', () => {
    if (!lost) say(text('gone'), true);
    lost = true;
    // A browser does not reconnect after an error status.
    if (own.readyState === EventSource.CLOSED) setTimeout(() => events === own && connect(), 2000);
  });
}

/**
 * Listens to the studio, which sends its state first; the browser connects again by itself. A hidden
 * page does not listen: a browser has few connections to a server, and all its pages share them.
 */
export function listen() {
  const follow = () => {
    if (!document.hidden) return events ?? connect();
    events?.close();
    events = null;
  };
  document.addEventListener('visibilitychange', follow);
  follow();
}
