// Downloads: exports, and code that uses the model.
import { change, get, load, watch } from './api.js';
import { ask, byId, element, say } from './dom.js';
import { text } from './texts.js';

let known = '';

function snippet(key, content) {
  const copy = element('button', { type: 'button', className: 'small', 'aria-label': `${text('copy')}: ${text(key)}`, onclick: async () => { await navigator.clipboard.writeText(content); say(text('copied')); } }, text('copy'));
  return element('details', { open: key === 'commandLine' }, element('summary', {}, text(key)), element('pre', { tabIndex: 0 }, content), copy);
}

async function draw(result) {
  byId('nothing').hidden = Boolean(result);
  byId('parcels').hidden = !result;
  if (!result) return;
  const now = JSON.stringify([result.accuracy, result.seconds, document.documentElement.lang]);
  if (now === known) return;
  known = now;
  const lines = await get('/api/snippets').catch(() => null);
  if (lines) byId('snippets').replaceChildren(snippet('commandLine', lines.command), snippet('javaLine', lines.java), snippet('curlLine', lines.curl), snippet('serveLine', lines.serve));
}

// Not a plain link: if it failed, the browser would not show the studio's message.
async function download(event) {
  event.preventDefault();
  const link = event.currentTarget;
  if (link.getAttribute('aria-busy') === 'true') return;
  link.setAttribute('aria-busy', 'true');
  say(text('preparingParcel'));
  try {
    const answer = await load(link.getAttribute('href'));
    const name = /filename="([^"]*)"/.exec(answer.headers.get('Content-Disposition') ?? '')?.[1] ?? '';
    const url = URL.createObjectURL(await answer.blob());
    element('a', { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    say('');
  } catch (problem) {
    say(problem.message, true);
  }
  link.removeAttribute('aria-busy');
}

export function start() {
  for (const link of document.querySelectorAll('#parcels a')) link.addEventListener('click', download);
  byId('empty').addEventListener('click', async () => { if (await ask(text('emptyQuestion'))) change('/api/bin/empty'); });
  watch(({ result, binned }) => {
    draw(result);
    byId('binned').textContent = binned ? text('binned', binned) : '';
    byId('empty').hidden = !binned;
  });
}
