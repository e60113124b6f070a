'use strict';
const texts = {
  en: { title: 'What is in the picture?', invite: 'Drop pictures here, paste them, or', choose: 'choose files', photograph: 'take a photograph', example: 'try the example', card: 'The model', name: 'name', input: 'input', classes: 'classes', private: 'Pictures go to this server and nowhere else, and are not kept.', asking: 'Looking at {n} …', done: '{n} answered.', busy: 'The server is busy; waiting …', failed: 'No answer came; is the server still there?', none: 'There was no picture in that.', pasted: 'pasted picture', where: 'Show where it was seen', seen: 'The picture; coloured where the network saw {n}, yellow where most', other: '日本語' },
  ja: { title: 'この写真には何が写っていますか？', invite: '画像をここにドロップ、貼り付け、または', choose: 'ファイルを選ぶ', photograph: '写真を撮る', example: '例を試す', card: 'モデル', name: '名前', input: '入力', classes: 'クラス', private: '画像はこのサーバーにのみ送られ、保存されません。', asking: '{n} 枚を調べています…', done: '{n} 枚に答えました。', busy: 'サーバーが混み合っています。待機中…', failed: '返答がありません。サーバーは動いていますか？', none: '画像が含まれていません。', pasted: '貼り付けた画像', where: '注目した場所を表示', seen: '画像。「{n}」の根拠となった場所に色が付き、黄色が最も強い', other: 'English' } };
const byId = id => document.getElementById(id);
let language = navigator.language.startsWith('ja') ? 'ja' : 'en';
const text = (key, n) => texts[language][key].replace('{n}', n);
const say = (key, n) => { byId('status').textContent = text(key, n); };

function speak() {
  document.documentElement.lang = language;
  for (const each of document.querySelectorAll('[data-text]')) each.textContent = text(each.dataset.text);
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

async function ask(what, picture) {
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`/${what}/${encodeURIComponent(model.modelName)}`, { method: 'POST', body: picture, headers: { 'Content-Type': picture.type || 'application/octet-stream' } });
    if (answer.status !== 429 || tries === 20) {
      if (!answer.ok) throw new Error((await answer.json()).message);
      return answer;
    }
    say('busy');
    await new Promise(done => setTimeout(done, 1000));
  }
}

function show(picture) {
  const item = element('li');
  const figure = element('figure');
  const image = element('img');
  image.alt = '';
  image.src = URL.createObjectURL(picture);
  figure.append(image);
  const said = element('div');
  said.append(element('h2', picture.name || text('pasted')));
  item.append(figure, said);
  byId('answers').prepend(item);
  return [said, figure];
}

function complain(said, problem) {
  const line = element('p', problem instanceof TypeError ? text('failed') : problem.message);
  line.className = 'problem';
  said.append(line);
}

// The heat map is asked for when it is first wanted: it takes a second network.
function heatMap(picture, said, figure, name) {
  const button = element('button', text('where'));
  button.type = 'button';
  button.dataset.text = 'where';
  button.setAttribute('aria-pressed', 'false');
  let image;
  button.addEventListener('click', async () => {
    if (button.getAttribute('aria-busy')) return;
    button.setAttribute('aria-busy', 'true');
    try {
      if (!image) {
        const map = await (await ask('heatmaps', picture)).blob();
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
  const pictures = [...files].filter(file => file.type === '' || file.type.startsWith('image/'));
  if (pictures.length === 0) return say('none');
  await known;
  say('asking', pictures.length);
  const waiting = pictures.map(picture => [picture, ...show(picture)]);
  const buttons = [];
  // A few at a time: the answers come in the order in which the pictures were given.
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [picture, said, figure] = next;
      try {
        const table = element('table');
        const best = await (await ask('predictions', picture)).json();
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
        if (model.heatMaps) buttons.push(heatMap(picture, said, figure, best[0].className));
      } catch (problem) {
        complain(said, problem);
      }
    }
  };
  await Promise.all([worker(), worker(), worker()]);
  say('done', pictures.length);
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
  const picture = await (await fetch('/example.png')).blob();
  return take([new File([picture], 'car.png', { type: 'image/png' })]);
}
byId('example').addEventListener('click', example);
speak();
if (location.hash === '#example') example();
if (location.hash === '#heatmap') example().then(buttons => buttons.forEach(each => each.click()));
