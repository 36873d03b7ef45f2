import { connectWorker } from './ui/connect';
import { mountPage } from './ui/mount';
import { keepOffline } from './ui/offline';

const host = document.getElementById('app');
if (host) {
  mountPage(host, connectWorker);
  keepOffline(window.marginalia.ready);
}
