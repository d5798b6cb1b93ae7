package parse

import "encoding/json"

// MarshalJSON writes the number of a field that was measured. Leave out one that was not.
func (o Opt[T]) MarshalJSON() ([]byte, error) { return json.Marshal(o.Value) }

// IsZero reports whether the field was not measured: omitzero then leaves it out.
func (o Opt[T]) IsZero() bool { return !o.Measured }

// MarshalJSON writes the rows of the matrix: one for each originator's state, with the responders'.
func (m TCPStates) MarshalJSON() ([]byte, error) { return json.Marshal(m.Cells) }

// IsZero reports whether the matrix was not measured: omitzero then leaves it out.
func (m TCPStates) IsZero() bool { return !m.Measured }

// MarshalText writes the range as String does, such as 2.6-3.0.
func (r Releases) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
