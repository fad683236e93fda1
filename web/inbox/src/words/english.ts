// English at once, for tests: they run outside a page that loads it.

import en from "./en";
import { settle } from "./language";

settle("en-US", en);
