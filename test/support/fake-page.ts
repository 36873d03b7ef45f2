// The page over the stand-in trainer, for working on the page itself: `npx vite`, then /test/support/fake-page.html.
import { mountPage } from '../../src/ui/mount';
import { createFakeTrainer, type FakeOptions } from './fake-trainer';

declare global {
  interface Window {
    fakeOptions?: FakeOptions;
    fake?: ReturnType<typeof createFakeTrainer>;
  }
}

const fake = createFakeTrainer(window.fakeOptions);
window.fake = fake;
mountPage(document.getElementById('app')!, () => fake);
