package stack

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
)

// Series is a series of an answer, with its value now.
type Series struct {
	Labels map[string]string
	Value  float64
}

// Query asks a Prometheus for the series of an expression now.
func Query(prometheus *Process, expr string) ([]Series, error) {
	var answer struct {
		Error string
		Data  struct {
			ResultType string
			Result     json.RawMessage
		}
	}
	err := fetch(prometheus.URL+"/api/v1/query?query="+url.QueryEscape(expr), &answer)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", expr, err)
	}
	if answer.Data.ResultType != "vector" {
		return nil, fmt.Errorf("%s: a %s", expr, answer.Data.ResultType)
	}
	var vector []struct {
		Metric map[string]string
		Value  [2]any
	}
	if err := json.Unmarshal(answer.Data.Result, &vector); err != nil {
		return nil, err
	}
	var all []Series
	for _, v := range vector {
		value, err := strconv.ParseFloat(fmt.Sprint(v.Value[1]), 64)
		if err != nil {
			return nil, err
		}
		all = append(all, Series{v.Metric, value})
	}
	return all, nil
}
