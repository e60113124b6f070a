// Training: the button, the curves, and the result.
import { change, watch } from './api.js';
import { byId, element } from './dom.js';
import { showMistakes } from './gallery.js';
import { review } from './review.js';
import { number, percent, taskName, text } from './texts.js';

const WIDTH = 300;
const HEIGHT = 120;
const SVG = 'http://www.w3.org/2000/svg';

const across = (index, total) => 5 + (WIDTH - 10) * (total > 1 ? index / (total - 1) : 0.5);
const down = share => 5 + (HEIGHT - 10) * (1 - share);

function line(points, key, total) {
  const made = document.createElementNS(SVG, 'polyline');
  made.setAttribute('points', points.map((each, i) => `${across(i, total)},${down(each[key])}`).join(' '));
  made.setAttribute('class', key);
  return made;
}

/** Returns the 95 % interval of a training's accuracy, as an SVG line. */
function whisker({ low, high }, index, total) {
  const made = document.createElementNS(SVG, 'line');
  const ends = { x1: across(index, total), x2: across(index, total), y1: down(low), y2: down(high) };
  for (const [name, value] of Object.entries(ends)) made.setAttribute(name, value);
  return made;
}

// The accuracy after each training, which shows the effect of more images and better labels.
function drawTrainings(trainings) {
  const chart = byId('trainings');
  chart.toggleAttribute('hidden', trainings.length < 2);
  if (trainings.length < 2) return;
  const n = trainings.length;
  chart.replaceChildren(...trainings.map((each, i) => whisker(each, i, n)), line(trainings, 'accuracy', n));
  chart.setAttribute('aria-label', text('trainingsChart', trainings.map(each => percent(each.accuracy)).join(', ')));
}

function changes(trainings) {
  if (trainings.length < 2) return '';
  const [before, now] = trainings.slice(-2);
  const points = 100 * (now.accuracy - before.accuracy);
  const difference = `${points < 0 ? '−' : '+'}${Math.abs(points).toFixed(1)}`;
  const overlap = before.low <= now.high && now.low <= before.high;
  return `${text('before', percent(before.accuracy), number(before.images), difference, number(now.images))} ${overlap ? text('mayBeChance') : ''}`;
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
  const progress = task && total > 0 ? `${taskName(task)} ${done} / ${total}` : task && taskName(task);
  byId('task').textContent = running ? `${text('running')} ${progress}` : status === 'failed' ? text('trainingFailed', message) : message;
}

function cell(result, truth, predicted, most) {
  const count = result.confusion[truth][predicted];
  const share = most ? count / most : 0;
  const td = element('td', { className: truth === predicted ? 'right' : 'wrong' });
  td.style.setProperty('--share', share.toFixed(2));
  if (count && truth !== predicted) {
    const names = [result.classes[truth], result.classes[predicted]];
    td.append(element('button', { type: 'button', 'aria-label': text('cell', count, ...names), onclick: () => showMistakes(...names) }, String(count)));
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

let drawn = '';

function drawResult({ classes, result, trainings, checkingLabels }) {
  byId('result').hidden = !result;
  if (!result) return;
  const gone = result.classes.filter(name => !classes.some(each => each.name === name));
  byId('outdated').textContent = gone.length ? text('outdated', gone.join(', ')) : '';
  review(result, checkingLabels, gone.length > 0);
  const now = JSON.stringify([result.accuracy, result.seconds, trainings.length, document.documentElement.lang]);
  if (now === drawn) return;
  drawn = now;
  const how = result.folds ? text('crossValidated', result.folds, number(result.images)) : text('heldOut', number(result.images));
  byId('accuracy').replaceChildren(element('strong', {}, text('accuracy', percent(result.accuracy))), ` ${text('interval', percent(result.low), percent(result.high))} ${how}`);
  byId('changed').textContent = changes(trainings);
  drawTrainings(trainings);
  drawConfusion(result);
}

export const train = () => change('/api/train');

export function start() {
  byId('train').addEventListener('click', train);
  byId('cancel').addEventListener('click', () => change('/api/train/cancel'));
  watch(now => {
    drawTask(now.training);
    drawCurve(now.training);
    drawResult(now);
  });
}
