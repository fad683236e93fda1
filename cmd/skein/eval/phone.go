package eval

import (
	"context"
	"fmt"

	"skein/inbox"
	"skein/inbox/identity"
)

// phone measures how telephone numbers are read, against libphonenumber's own
// answers.
func phone(ctx context.Context, path string, r *Reporter) error {
	var file struct {
		Vectors []struct {
			Raw       string  `json:"raw"`
			Region    string  `json:"region"`
			Tag       string  `json:"tag"`
			Error     string  `json:"error"`
			E164      string  `json:"e164"`
			Possible  bool    `json:"possible"`
			Valid     bool    `json:"valid"`
			Extension *string `json:"extension"`
		} `json:"vectors"`
	}
	if err := readJSON(path, &file); err != nil {
		return err
	}
	numbers, keys := r.Row("telephone numbers"), r.Row("telephone numbers: keys")
	numbers.AtLeast(1)
	keys.AtLeast(1)
	for _, v := range file.Vectors {
		name := fmt.Sprintf("%s %q in %s", v.Tag, v.Raw, v.Region)
		e164, extension, possible, valid := identity.Phone(v.Raw, v.Region)
		got := fmt.Sprintf("%s ext %q possible %t valid %t", e164, extension, possible, valid)
		wantExtension := ""
		if v.Extension != nil {
			wantExtension = *v.Extension
		}
		want := fmt.Sprintf("%s ext %q possible %t valid %t", v.E164, wantExtension, v.Possible, v.Valid)
		numbers.Check(name, got == want, got, want)

		key := ""
		if v.Valid {
			key = v.E164
		}
		gotKey := identity.Key(inbox.PhoneNumber, v.Raw, v.Region)
		keys.Check(name, gotKey == key, gotKey, key)
	}
	return nil
}
