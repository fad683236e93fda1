import type { Words } from "../en";
import { list } from "./list";
import { login } from "./login";
import { nav } from "./nav";

const de: Words = {
  list,
  login,
  nav,
};

export default de;
