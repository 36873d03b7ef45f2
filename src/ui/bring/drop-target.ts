import type { GivenFile } from '../../../workers/protocol';
import { filesOfDrop } from './given-files';

/** Handlers that make an element take dropped files and folders. */
export interface DropTarget {
  over(event: DragEvent): void;
  leave(event: DragEvent): void;
  drop(event: DragEvent): void;
}

/**
 * @param mark told whether something is held over the element
 * @param take told what was dropped
 * @param refuse told why it could not be read
 */
export const dropTarget = (
  mark: (over: boolean) => void,
  take: (files: GivenFile[]) => void,
  refuse: (message: string) => void,
): DropTarget => ({
  over(event) {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    mark(true);
  },
  leave(event) {
    const inside = (event.currentTarget as Element).contains(event.relatedTarget as Node | null);
    if (!inside) mark(false);
  },
  drop(event) {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    mark(false);
    filesOfDrop(event.dataTransfer).then(
      (files) => {
        if (files.length > 0) take(files);
        else refuse('There are no files in what was dropped.');
      },
      (error: unknown) => refuse(error instanceof Error ? error.message : String(error)),
    );
  },
});
