import { connectWorker } from './ui/connect';
import { mountPage } from './ui/mount';

const host = document.getElementById('app');
if (host) mountPage(host, connectWorker);
