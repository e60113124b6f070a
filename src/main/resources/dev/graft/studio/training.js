// Training: the button, the curve, and the result.
import { change, watch } from './api.js';
import { byId, element } from './dom.js';
import { showOnly } from './gallery.js';
import { number, percent, text } from './texts.js';

const WIDTH = 300;
const HEIGHT = 120;
const SVG = 'http://www.w3.org/2000/svg';

function line(epochs, key, total) {
  const made = document.createElementNS(SVG, 'polyline');
  const across = index => 5 + (WIDTH - 10) * (total > 1 ? index / (total - 1) : 0.5);
  made.setAttribute('points', epochs.map((each, i) => `${across(i)},${5 + (HEIGHT - 10) * (1 - each[key])}`).join(' '));
  made.setAttribute('class', key);
  return made;
}

function drawCurve({ epochs, total, task }) {
  const curve = byId('curve');
  curve.toggleAttribute('hidden', epochs.length === 0);
  if (epochs.length === 0) return;
  const length = Math.max(epochs.length, task === 'training' ? total : 0);
  curve.replaceChildren(line(epochs, 'train', length), line(epochs, 'validation', length));
  const last = epochs.at(-1);
  curve.setAttribute('aria-label', text('curve', last.epoch, percent(last.train), percent(last.validation)));
}

function drawTask({ status, task, done, total, message }) {
  const running = status === 'running';
  byId('train').disabled = running;
  byId('cancel').hidden = !running;
  byId('progress').hidden = !running;
  if (running && total > 0) byId('progress').value = done / total;
  else byId('progress').removeAttribute('value');
  byId('task').classList.toggle('problem', status === 'failed');
  byId('task').textContent = status === 'failed' ? message : running ? `${text('running')} ${task ? `${task} ${done} / ${total}` : ''}` : '';
}

function cell(result, truth, predicted, most) {
  const count = result.confusion[truth][predicted];
  const share = most ? count / most : 0;
  const td = element('td', { className: truth === predicted ? 'right' : 'wrong' });
  td.style.setProperty('--share', share.toFixed(2));
  if (count && truth !== predicted) {
    const of = mistake => mistake.truth === result.classes[truth] && mistake.predicted === result.classes[predicted];
    td.append(element('button', { type: 'button', 'aria-label': text('cell', count, result.classes[truth], result.classes[predicted]), onclick: () => showMistakes(result.mistakes.filter(of)) }, String(count)));
  } else {
    td.textContent = String(count);
  }
  return td;
}

function drawConfusion(result) {
  const most = Math.max(...result.confusion.flat());
  const head = element('tr', {}, element('th', { scope: 'col' }, text('trueClass')), ...result.classes.map(each => element('th', { scope: 'col' }, element('bdi', {}, each))));
  const rows = result.classes.map((each, truth) => element('tr', {}, element('th', { scope: 'row' }, element('bdi', {}, each)), ...result.classes.map((_, predicted) => cell(result, truth, predicted, most))));
  byId('confusion').replaceChildren(element('caption', {}, text('confusion')), element('thead', {}, head), element('tbody', {}, ...rows));
}

const asImage = mistake => ({ path: mistake.path, version: 'held-out', note: text('seenAs', mistake.predicted, percent(mistake.probability)) });

const showMistakes = list => showOnly(list.map(asImage));

function settle(item) {
  item.nextElementSibling?.querySelector('button').focus();
  item.remove();
}

// Where suspects of confident learning come in: the same rows, with the suggested class in place of the predicted one.
function mistakeRow(mistake) {
  const about = text('mistake', mistake.path, mistake.predicted, percent(mistake.probability));
  const act = (key, path, body) => element('button', {
    type: 'button', className: 'small', 'aria-label': `${text(key, mistake.predicted)}: ${mistake.path}`,
    onclick: async event => { if (!path || await change(path, body)) settle(event.target.closest('li')); },
  }, text(key, mistake.predicted));
  return element('li', {},
    element('img', { alt: '', loading: 'lazy', src: asThumbnail(mistake.path) }),
    element('div', {}, element('p', {}, about),
      act('moveToClass', '/api/images/move', { path: mistake.path, class: mistake.predicted }),
      act('keep'),
      act('delete', '/api/images/delete', { path: mistake.path })));
}

const asThumbnail = path => `/api/images/thumbnail?path=${encodeURIComponent(path)}&v=held-out`;

const SHOWN = 50;
let drawn = '';

function drawResult(result) {
  byId('result').hidden = !result;
  if (!result) return;
  const now = JSON.stringify([result.accuracy, result.seconds, document.documentElement.lang]);
  if (now === drawn) return; // what a person works on does not jump
  drawn = now;
  const how = result.folds ? text('crossValidated', result.folds, number(result.images)) : text('heldOut', number(result.images));
  byId('accuracy').replaceChildren(element('strong', {}, text('accuracy', percent(result.accuracy))), ` ${text('interval', percent(result.low), percent(result.high))} ${how}`);
  byId('changed').textContent = result.previous === undefined ? '' : text('before', percent(result.previous));
  drawConfusion(result);
  byId('mistakes-title').hidden = result.mistakes.length === 0;
  byId('mistakes').replaceChildren(...result.mistakes.slice(0, SHOWN).map(mistakeRow));
}

export const train = () => change('/api/train');

export function start() {
  byId('train').addEventListener('click', train);
  byId('cancel').addEventListener('click', () => change('/api/train/cancel'));
  watch(({ training, result }) => {
    drawTask(training);
    drawCurve(training);
    drawResult(result);
  });
}
