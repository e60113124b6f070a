// Small helpers for elements and dialogs.
export const byId = id => document.getElementById(id);

/** Creates an element; properties that start with "on" are listeners, and null values are skipped. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (name in made && !name.includes('-')) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter(child => child !== null && child !== undefined));
  return made;
}

/** Announces a text to screen readers. */
export function say(sentence, isProblem = false) {
  byId('status').textContent = sentence;
  byId('status').classList.toggle('problem', isProblem);
}

/**
 * Asks a question; resolves to the text or choice, to true, or to null if it was canceled.
 * `input` is the text to begin with, `choices` are the answers to choose from, and `problem` is what
 * was wrong with the answer before.
 */
export function ask(question, { input, choices, problem = '' } = {}) {
  const dialog = byId('question');
  byId('question-text').textContent = question;
  byId('question-problem').textContent = problem;
  byId('question-input').hidden = input === undefined;
  byId('question-input').value = input ?? '';
  byId('question-choice').hidden = !choices;
  byId('question-choice').replaceChildren(...(choices ?? []).map(each => element('option', {}, each)));
  dialog.returnValue = '';
  dialog.showModal();
  if (input !== undefined) byId('question-input').select();
  return new Promise(resolve => {
    dialog.addEventListener('close', () => {
      if (dialog.returnValue !== 'yes') resolve(null);
      else resolve(input !== undefined ? byId('question-input').value : choices ? byId('question-choice').value : true);
    }, { once: true });
  });
}
