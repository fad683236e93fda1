package api

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

const (
	// MaxUpload bounds one attachment: most mail servers take 25 MB.
	MaxUpload = 25 << 20
	// fileTimeout bounds how long moving one file may take.
	fileTimeout = 10 * time.Minute
)

// inlineTypes are shown and played in the page; anything else is handed over to
// be saved, as it could be a page with a script in it.
var inlineTypes = []string{
	"image/png", "image/jpeg", "image/gif", "image/webp",
	"audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg", "audio/opus", "audio/webm", "audio/flac", "audio/wav", "audio/x-wav", "audio/wave", "audio/mp3", "audio/x-m4a",
}

// files registers what moves bytes. It is not huma's way, which would hold them
// in memory, but it is in the document all the same.
func (a *API) files() {
	tag := []string{"files"}
	fileID := func(what string) *huma.Param {
		return &huma.Param{Name: "id", In: "path", Required: true, Description: what, Schema: &huma.Schema{Type: "string"}}
	}
	token := &huma.Param{Name: "t", In: "query", Description: "A token of POST " + Root + "/files/token, in place of the header",
		Schema: &huma.Schema{Type: "string"}}
	bytes := func(description, mediaType string) map[string]*huma.Response {
		return map[string]*huma.Response{"200": {Description: description, Content: map[string]*huma.MediaType{
			mediaType: {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}}
	}
	attachment := a.huma.OpenAPI().Components.Schemas.Schema(typeOf[inbox.Attachment](), true, "Attachment")

	a.document("POST", Root+"/attachments", a.upload, &huma.Operation{OperationID: "upload", Tags: tag, Summary: "Upload a file to attach",
		Description: fmt.Sprintf("At most %d MB. It belongs to the agent until a reply uses it.", MaxUpload>>20),
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {
			Schema: &huma.Schema{Type: "object", Required: []string{"file"}, Properties: map[string]*huma.Schema{
				"file": {Type: "string", Format: "binary"}}}}}},
		Responses: map[string]*huma.Response{"201": {Description: "Stored", Content: map[string]*huma.MediaType{
			"application/json": {Schema: attachment}}}}})
	a.document("GET", Root+"/attachments/{id}", a.attachment, &huma.Operation{OperationID: "attachment", Tags: tag, Summary: "Get a file",
		Parameters: []*huma.Param{fileID("An attachment's id"), token, {Name: "inline", In: "query",
			Description: "1: to be shown or played in a page; only for images and audio, else to be saved", Schema: &huma.Schema{Type: "string", Enum: []any{"1"}}}},
		Responses: bytes("The file", "application/octet-stream")})
	a.document("GET", Root+"/messages/{id}/raw", a.raw, &huma.Operation{OperationID: "raw", Tags: tag, Summary: "Get a message as it came in",
		Parameters: []*huma.Param{fileID("A message's id"), token}, Responses: bytes("The mail's source", "text/plain")})
}

// document registers a plain handler and puts it into the document.
func (a *API) document(method, path string, fn http.HandlerFunc, op *huma.Operation) {
	op.Method, op.Path = method, path
	op.Security = []map[string][]string{{scheme: {}}}
	op.Responses = withProblem(a, op.Responses)
	a.huma.OpenAPI().AddOperation(op)
	a.mux.HandleFunc(method+" "+path, fn)
}

func (a *API) upload(w http.ResponseWriter, r *http.Request) {
	by, err := a.authenticate(r, false)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	movesFile(w)
	r.Body = http.MaxBytesReader(w, r.Body, MaxUpload+64<<10)
	file, err := a.store(r, by)
	if err != nil {
		a.fail(w, r, tooLarge(err, MaxUpload))
		return
	}
	a.answer(w, http.StatusCreated, file)
}

// movesFile gives a request the time that a large file takes on a slow line.
func movesFile(w http.ResponseWriter) {
	c := http.NewResponseController(w)
	end := time.Now().Add(fileTimeout)
	_ = c.SetReadDeadline(end) // not every server can: then its own deadlines hold
	_ = c.SetWriteDeadline(end)
}

func (a *API) store(r *http.Request, by *inbox.Caller) (inbox.Attachment, error) {
	form, err := r.MultipartReader()
	if err != nil {
		return inbox.Attachment{}, invalid("body", "is not multipart/form-data")
	}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return inbox.Attachment{}, invalid("body.file", "is not there")
		}
		if err != nil {
			return inbox.Attachment{}, unreadable(err)
		}
		if part.FormName() != "file" {
			continue
		}
		content := &source{r: io.LimitReader(part, MaxUpload+1)}
		sum, size, err := a.cfg.Blobs.Put(r.Context(), content)
		if content.err != nil {
			return inbox.Attachment{}, unreadable(content.err)
		}
		if err != nil {
			return inbox.Attachment{}, err
		}
		if size > MaxUpload {
			return inbox.Attachment{}, &inbox.Error{Code: inbox.TooLarge, Message: fmt.Sprintf("the file is too large: at most %d MB", MaxUpload>>20)}
		}
		now := a.cfg.Now()
		file := inbox.Attachment{ID: inbox.NewID[inbox.AttachmentID](now), Name: fileName(part.FileName()),
			Type: mediaType(part.Header.Get("Content-Type")), Size: size, SHA256: sum}
		return file, a.cfg.Store.Upload(r.Context(), by.Agent.ID, file, now)
	}
}

// A source tells errors of reading the request from those of storing it.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// unreadable is a fault of the request, but for a body that is too large.
func unreadable(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return err
	}
	return invalid("body", "ended early or is not well-formed multipart/form-data")
}

// maxFileName is in bytes, as most file systems have it.
const maxFileName = 255

// fileName is the last part of a path of any system, without what no name has.
func fileName(s string) string {
	s = strings.ToValidUTF8(s, "_")
	s = path.Base(strings.ReplaceAll(s, `\`, "/"))
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return -1
		}
		return r
	}, s))
	for len(s) > maxFileName {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	if s == "" || s == "." || s == ".." || s == "/" {
		return "file"
	}
	return s
}

const octets = "application/octet-stream"

// mediaType is the type that a file claims, without parameters.
func mediaType(s string) string {
	t, _, err := mime.ParseMediaType(s)
	if err != nil || len(t) > 127 || !strings.Contains(t, "/") {
		return octets
	}
	return t
}

func (a *API) attachment(w http.ResponseWriter, r *http.Request) {
	by, err := a.authenticate(r, true)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	file, err := a.cfg.Store.Attachment(r.Context(), &by.Rights, inbox.AttachmentID(r.PathValue("id")))
	if err != nil {
		a.fail(w, r, err)
		return
	}
	kind := mediaType(file.Type)
	inline := r.URL.Query().Get("inline") == "1" && slices.Contains(inlineTypes, kind)
	a.serve(w, r, file.SHA256, kind, fileName(file.Name), inline)
}

func (a *API) raw(w http.ResponseWriter, r *http.Request) {
	by, err := a.authenticate(r, true)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	id := inbox.MessageID(r.PathValue("id"))
	sum, err := a.cfg.Store.Raw(r.Context(), &by.Rights, id)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.serve(w, r, sum, "text/plain", string(id)+".eml", false)
}

// serve streams a body. Its bytes never change, but who may see them does: they
// are kept by the browser alone and not for long.
func (a *API) serve(w http.ResponseWriter, r *http.Request, sum, kind, name string, inline bool) {
	content, err := a.cfg.Blobs.Open(r.Context(), sum)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	defer func() { _ = content.Close() }() // only read
	movesFile(w)
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", disposition(inline, name))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	h.Set("Cache-Control", "private, max-age=600")
	if seeker, ok := content.(io.ReadSeeker); ok {
		h.Set("ETag", `"`+sum+`"`)
		http.ServeContent(w, r, "", time.Time{}, seeker)
		return
	}
	if r.Method == http.MethodHead {
		return
	}
	if _, err := io.Copy(w, content); err != nil && r.Context().Err() == nil {
		a.problem(r.Context(), fmt.Errorf("serve %s: %w", sum, err)) // logged
		panic(http.ErrAbortHandler)                                  // a cut-off file must not look whole
	}
}

// disposition names a file in both forms of RFC 6266: plain for old programs,
// and in full.
func disposition(inline bool, name string) string {
	kind := "attachment"
	if inline {
		kind = "inline"
	}
	ascii := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' || r == '%' {
			return '_'
		}
		return r
	}, name)
	return kind + `; filename="` + ascii + `"; filename*=UTF-8''` + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
}
