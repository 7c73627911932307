// Creates a library inside a Worker: the test decides what the Worker may touch.

import { createLibrary, type CreateLibraryOptions } from "../../migrations/create_library.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<CreateLibraryOptions>) => void;
  postMessage: (answer: string) => void;
};

scope.onmessage = ({ data }) => {
  try {
    createLibrary(data);
    scope.postMessage("done");
  } catch (error) {
    scope.postMessage((error as Error).message);
  }
};
