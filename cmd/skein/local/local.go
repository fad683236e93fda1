// Package local is the embedded defaults: what `skein up` runs when nobody
// named a real server. [StartPostgres] runs a PostgreSQL child process from
// the machine's own binaries, [StartNATS] a NATS server inside this process,
// and [Sidecar] keeps a connector alive as a child process that knows only
// NATS.
//
// What it promises: a start finds its data again after any end, kill -9 of any
// of the processes included; two starts never share a data folder; children
// end with their parent; nothing listens beyond this machine, and whoever
// connects must authenticate; what runs as root gives PostgreSQL to another
// user, as PostgreSQL demands, and changes no mode or owner of a folder that
// it has not made.
//
// It never holds a rule of the business, and never downloads anything.
package local
