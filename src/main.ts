import { connectWorker } from './ui/connect';
import { mountPage } from './ui/mount';
import { keepOffline } from './ui/offline';
import { yieldToMessages } from './util/mutex';

const host = document.getElementById('app');
if (host) {
  // Reading the modules and drawing the page are each near what a person may feel: a task for each.
  mountPage(host, connectWorker, yieldToMessages());
  keepOffline(window.marginalia.ready);
}
