// Trying the model: a file, or the camera, live.
import { send, watch } from './api.js';
import { frame, open } from './camera.js';
import { byId, element } from './dom.js';
import { percent, text } from './texts.js';

const SIDE = 224; // pixels; about the size of the network's input
const TYPICAL = 0.05; // below it an image counts as none of the classes

let close = null;
let last = null; // the image that was tried last
let heat = false;
let asked = 0; // number of images

function drawAnswer({ predictions, typicality }) {
  const rows = predictions.map(each => element('tr', {},
    element('th', { scope: 'row' }, element('bdi', {}, each.className)),
    element('td', {}, element('meter', { value: each.probability, 'aria-hidden': 'true' })),
    element('td', {}, percent(each.probability))));
  const unlike = typicality !== undefined && typicality < TYPICAL;
  byId('unlike').textContent = unlike ? text('noneOfThese', percent(typicality), percent(TYPICAL)) : '';
  byId('answer').replaceChildren(...(unlike ? [element('caption', {}, text('ifOneOfThem'))] : []), element('tbody', {}, ...rows));
  byId('try-problem').textContent = '';
}

/** Shows an error, and clears the answer for the previous image. */
function fail(sentence) {
  byId('try-problem').textContent = sentence;
  byId('tried').hidden = true;
}

const predict = async image => (await send('/api/predict', image)).json();

function show(image) {
  byId('tried').hidden = false;
  byId('tried-video').hidden = true;
  byId('tried-image').hidden = false;
  byId('speed').textContent = '';
  URL.revokeObjectURL(byId('tried-image').src);
  byId('tried-image').src = URL.createObjectURL(image);
}

/** Shows an image and the answer for it, unless another image was tried meanwhile. */
async function tryImage(image) {
  last = image;
  const mine = ++asked;
  try {
    const answer = await predict(image);
    const seen = heat ? await (await send('/api/heatmap', image)).blob() : image;
    if (mine !== asked) return;
    show(seen);
    drawAnswer(answer);
  } catch (problem) {
    if (mine === asked) fail(problem.message);
  }
}

let opening = false;

async function live() {
  const video = byId('tried-video');
  if (opening) return; // the browser is asking for permission
  opening = true;
  try {
    close = await open(video);
  } catch (problem) {
    return fail(text('noCamera', problem.message));
  } finally {
    opening = false;
  }
  byId('live').setAttribute('aria-pressed', 'true');
  byId('tried').hidden = false;
  byId('tried-image').hidden = true;
  byId('unlike').textContent = '';
  byId('answer').replaceChildren();
  video.hidden = false;
  asked++; // the answer for an image that is still being classified is ignored
  const times = [];
  try {
    while (close) {
      const image = await frame(video, SIDE);
      if (!close) break; // stopped meanwhile
      const answer = await predict(image);
      if (!close) break;
      drawAnswer(answer);
      times.push(performance.now());
      if (times.length > 20) times.shift();
      if (times.length > 5) byId('speed').textContent = text('speed', (1000 * (times.length - 1) / (times.at(-1) - times[0])).toFixed(0));
      await new Promise(requestAnimationFrame);
    }
  } catch (problem) {
    fail(problem.message);
  }
  stop();
}

function stop() {
  close?.();
  close = null;
  byId('tried-video').hidden = true;
  byId('live').setAttribute('aria-pressed', 'false');
}

export function start() {
  byId('try-file').addEventListener('change', event => { stop(); tryImage(event.target.files[0]); event.target.value = ''; });
  byId('live').addEventListener('click', () => (close ? stop() : live()));
  byId('heat').addEventListener('click', () => {
    heat = !heat;
    byId('heat').setAttribute('aria-pressed', String(heat));
    if (last && !close) tryImage(last);
  });
  const area = byId('trying');
  for (const type of ['dragover', 'drop']) {
    area.addEventListener(type, event => {
      event.preventDefault(); // otherwise it would be added to a class
      if (type === 'drop' && event.dataTransfer.files.length) { stop(); tryImage(event.dataTransfer.files[0]); }
    });
  }
  // An image that is pasted while the pointer or the focus is here is classified; elsewhere it is stored.
  document.addEventListener('paste', event => {
    const image = [...event.clipboardData.files].find(file => file.type.startsWith('image/'));
    if (!image || !area.matches(':hover, :focus-within')) return;
    event.preventDefault();
    stop();
    tryImage(image);
  }, { capture: true });
  watch(({ heatMaps, result }, before) => {
    if (result && !before?.result) byId('try-problem').textContent = ''; // clears "nothing has been trained yet"
    byId('heat').hidden = !heatMaps;
    for (const id of ['try-file', 'live']) byId(id).disabled = !result;
  });
}
