package parse

import "encoding/json"

// MarshalJSON makes a number of a field that is measured; one that is not has to be left out.
func (o Opt[T]) MarshalJSON() ([]byte, error) { return json.Marshal(o.Value) }

// IsZero says that the field was not measured: encoding/json then leaves it out.
func (o Opt[T]) IsZero() bool { return !o.Measured }

// MarshalJSON makes rows of the cells: originators, and in each responders.
func (m TCPStates) MarshalJSON() ([]byte, error) { return json.Marshal(m.Cells) }

// IsZero says that the matrix was not measured: encoding/json then leaves it out.
func (m TCPStates) IsZero() bool { return !m.Measured }

// MarshalText makes a string of the set, such as 2.6-3.0.
func (r Releases) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
