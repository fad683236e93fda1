// What a key press asks the server for is asked once its frame is painted: making
// requests takes longer than drawing much of what they are about.

/** How long at most, in milliseconds: a page in the background paints nothing. */
const patience = 100;

let frame: Promise<void> | undefined;

function painted(): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, patience);
    requestAnimationFrame(() => {
      // What a frame's callback posts comes after its painting.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        done();
      };
      port2.postMessage(0);
    });
  });
}

if (typeof document !== "undefined") {
  document.addEventListener(
    "keydown",
    () => {
      frame ??= painted().finally(() => {
        frame = undefined;
      });
    },
    { capture: true, passive: true },
  );
}

/** The frame that a key press is waited for; undefined while none is. */
export const keyFrame = (): Promise<void> | undefined => frame;
