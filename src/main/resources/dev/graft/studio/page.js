// The page: starts its parts, and shows the elements that belong to none of them.
import { listen, refresh, watch } from './api.js';
import * as camera from './camera.js';
import * as classes from './classes.js';
import { byId } from './dom.js';
import * as gallery from './gallery.js';
import * as intake from './intake.js';
import * as keys from './keys.js';
import * as review from './review.js';
import * as takehome from './takehome.js';
import { speak, switchLanguage, text } from './texts.js';
import * as training from './training.js';
import * as tryout from './tryout.js';

speak();
byId('language').addEventListener('click', () => { switchLanguage(); refresh(); });
watch(({ folder, undo, redo }) => {
  byId('folder').textContent = folder.split(/[\\/]/).pop();
  byId('folder').title = folder;
  for (const [id, kind] of [['undo', undo], ['redo', redo]]) {
    byId(id).disabled = !kind;
    byId(id).title = kind ? text(`change${kind[0].toUpperCase()}${kind.slice(1)}`) : '';
  }
});
for (const part of [classes, gallery, intake, camera, training, review, tryout, takehome, keys]) part.start();
listen();
