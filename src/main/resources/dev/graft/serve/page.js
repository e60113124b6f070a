'use strict';
const TYPICAL = 0.05; // below it an image counts as none of the classes, unless the server says otherwise
const texts = {
  en: {
    title: 'What is in the image?',
    invite: 'Drop images here, paste them, or',
    choose: 'choose files',
    photograph: 'take a photograph',
    example: 'try the example',
    card: 'Model',
    name: 'name',
    input: 'input',
    classes: 'classes',
    private: 'Images are sent to this server only, and are not stored.',
    asking: 'Images being classified: {n} …',
    done: 'Images classified: {n}.',
    busy: 'The server is busy; waiting …',
    failed: 'The server did not answer; is it still running?',
    none: 'No image found.',
    pasted: 'pasted image',
    where: 'Show the heat map',
    seen: 'The image with the evidence for {n} in color, the strongest in yellow',
    noneOfThese: 'None of these: unlike the training images (typicality {n}).',
    ifOneOfThem: 'If it were one of the classes:',
    other: '日本語',
  },
  ja: {
    title: 'この画像には何が写っていますか？',
    invite: '画像をここにドロップ、貼り付け、または',
    choose: 'ファイルを選ぶ',
    photograph: '写真を撮る',
    example: '例を試す',
    card: 'モデル',
    name: '名前',
    input: '入力',
    classes: 'クラス',
    private: '画像はこのサーバーにのみ送られ、保存されません。',
    asking: '{n} 枚を分類しています…',
    done: '{n} 枚を分類しました。',
    busy: 'サーバーが混み合っています。待機中…',
    failed: 'サーバーから返答がありません。動いていますか？',
    none: '画像が含まれていません。',
    pasted: '貼り付けた画像',
    where: '注目した場所を表示',
    seen: '画像。「{n}」の根拠となった場所に色が付き、黄色が最も強い',
    noneOfThese: 'どれでもない：学習画像に似ていません（典型度 {n}）。',
    ifOneOfThem: 'もしどれかのクラスだとしたら：',
    other: 'English',
  },
};
const byId = id => document.getElementById(id);
let language = navigator.language.startsWith('ja') ? 'ja' : 'en';
const text = (key, n) => texts[language][key].replace('{n}', n);
const say = (key, n) => { byId('status').textContent = text(key, n); };

function speak() {
  document.documentElement.lang = language;
  for (const each of document.querySelectorAll('[data-text]')) each.textContent = text(each.dataset.text, each.dataset.n);
  byId('language').textContent = text('other');
  byId('language').lang = language === 'en' ? 'ja' : 'en';
}

let model;
const known = fetch('/models').then(answer => answer.json()).then(all => {
  model = all.models[0];
  byId('model-name').textContent = model.title;
  byId('model-input').textContent = `${model.inputSize} × ${model.inputSize}`;
  byId('model-classes').textContent = `${model.classes.length}: ${model.classes.slice(0, 200).join(', ')}`;
});

function element(tag, content) {
  const made = document.createElement(tag);
  if (content !== undefined) made.textContent = content;
  return made;
}

// An element whose text follows the language.
function spoken(key, tag, n) {
  const made = element(tag, text(key, n));
  made.dataset.text = key;
  if (n !== undefined) made.dataset.n = n;
  return made;
}

async function ask(what, file) {
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`/${what}/${encodeURIComponent(model.modelName)}`, { method: 'POST', body: file, headers: { 'Content-Type': file.type || 'application/octet-stream' } });
    if (answer.status !== 429 || tries === 20) {
      if (!answer.ok) throw new Error((await answer.json()).message);
      return answer;
    }
    say('busy');
    await new Promise(done => setTimeout(done, 1000));
  }
}

function show(file) {
  const item = element('li');
  const figure = element('figure');
  const image = element('img');
  image.alt = '';
  image.src = URL.createObjectURL(file);
  figure.append(image);
  const said = element('div');
  said.append(element('h2', file.name || text('pasted')));
  item.append(figure, said);
  byId('answers').prepend(item);
  return [said, figure];
}

function complain(said, problem) {
  const line = element('p', problem instanceof TypeError ? text('failed') : problem.message);
  line.className = 'problem';
  said.append(line);
}

// Requests the heat map only when it is first shown, because it needs a second network.
function heatMap(file, said, figure, name) {
  const button = spoken('where', 'button');
  button.type = 'button';
  button.setAttribute('aria-pressed', 'false');
  let image;
  button.addEventListener('click', async () => {
    if (button.getAttribute('aria-busy')) return;
    button.setAttribute('aria-busy', 'true');
    try {
      if (!image) {
        const map = await (await ask('heatmaps', file)).blob();
        image = element('img');
        image.hidden = true;
        image.alt = text('seen', name);
        image.src = URL.createObjectURL(map);
        figure.append(image);
      }
      image.hidden = !image.hidden;
      button.setAttribute('aria-pressed', String(!image.hidden));
    } catch (problem) {
      complain(said, problem);
    }
    button.removeAttribute('aria-busy');
  });
  said.append(button);
  return button;
}

async function take(files) {
  const images = [...files].filter(file => file.type === '' || file.type.startsWith('image/'));
  if (images.length === 0) return say('none');
  await known;
  say('asking', images.length);
  const waiting = images.map(file => [file, ...show(file)]);
  const buttons = [];
  // A few at once, so that answers arrive roughly in the order of the files.
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [file, said, figure] = next;
      try {
        const table = element('table');
        const answer = await ask('predictions', file);
        const typicality = answer.headers.get('Typicality');
        const best = await answer.json();
        if (typicality !== null && typicality < (model.reject ?? TYPICAL)) {
          const line = spoken('noneOfThese', 'p', `${(100 * typicality).toFixed(1)} %`);
          line.className = 'problem';
          said.append(line);
          if (best.length > 0) table.append(spoken('ifOneOfThem', 'caption'));
        }
        for (const each of best) {
          const row = element('tr');
          const name = element('td', each.className);
          const meter = element('meter');
          meter.value = each.probability;
          meter.setAttribute('aria-hidden', 'true');
          name.append(meter);
          row.append(name, element('td', `${(100 * each.probability).toFixed(2)} %`));
          table.append(row);
        }
        said.append(table);
        if (model.heatMaps && best.length > 0) buttons.push(heatMap(file, said, figure, best[0].className));
      } catch (problem) {
        complain(said, problem);
      }
    }
  };
  await Promise.all([worker(), worker(), worker()]);
  say('done', images.length);
  return buttons;
}

for (const input of [byId('files'), byId('camera')]) {
  input.addEventListener('change', () => { take(input.files); input.value = ''; });
}
byId('language').addEventListener('click', () => { language = language === 'en' ? 'ja' : 'en'; speak(); });
document.addEventListener('paste', event => take(event.clipboardData.files));
for (const type of ['dragover', 'dragleave', 'drop']) {
  document.addEventListener(type, event => {
    event.preventDefault();
    byId('drop').classList.toggle('over', type === 'dragover');
    if (type === 'drop') take(event.dataTransfer.files);
  });
}
async function example() {
  const image = await (await fetch('/example.png')).blob();
  return take([new File([image], 'car.png', { type: 'image/png' })]);
}
byId('example').addEventListener('click', example);
speak();
if (location.hash === '#example') example();
if (location.hash === '#heatmap') example().then(buttons => buttons.forEach(each => each.click()));
