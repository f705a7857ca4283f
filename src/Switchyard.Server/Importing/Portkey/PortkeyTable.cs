using static Switchyard.Server.Importing.Mapping;

namespace Switchyard.Server.Importing.Portkey;

/// <summary>The outcome of each setting of a Portkey gateway config, at any depth of its tree of targets.</summary>
internal static class PortkeyTable
{
    private const string Elsewhere = "the client sets request parameters; there are no defaults for them here";
    private const string Codes = "the same failures are retried for all: 408, 429, 5xx, no connection";
    private const string Guards = "guards are configured under guards, and differ: docs/guards.md";

    public static MappingTable Table { get; } = new(
    [
        Exact("strategy.mode", "models.<alias>.strategy"),
        Near("strategy.on_status_codes[]", "models.<alias>.fallback", Codes, Form.None),
        Near("on_status_codes[]", "models.<alias>.fallback", Codes, Form.None),
        No("strategy.conditions[].query.**", "calls are not routed by their content; the client names the alias"),
        Near("strategy.conditions[].then", "models.<alias>-<target>", "an alias of its own, which the client names"),
        Near("strategy.default", "models.<alias>", "every call of the alias goes there, because conditions are not evaluated"),
        Near("strategy.cb_config.failure_threshold", "circuit.failures", "failures in a row open the circuit, of every target alike"),
        Near("strategy.cb_config.failure_threshold_percentage", "circuit.ratio", "of every target alike"),
        Near("strategy.cb_config.minimum_requests", "circuit.minimum", "of every target alike"),
        Near("strategy.cb_config.cooldown_interval", "circuit.open", "of every target alike"),
        No("strategy.cb_config.failure_status_codes.**", Codes),
        No("strategy.sticky_session.**", "an alias switches it on as affinity: docs/routing.md"),
        No("strategy.**", "there is no such setting of a strategy here"),
        Exact("provider", "providers.<name>.type"),
        Exact("api_key", "providers.<name>.key"),
        Near("virtual_key", "providers.<name>.key", "the key is stored at Portkey: put it into the variable"),
        Exact("weight", "models.<alias>.targets[].weight"),
        Exact("name", "models.<alias>-<target>"),
        Exact("custom_host", "providers.<name>.base_url"),
        Near("retry.attempts", "retry.attempts", "a retry stays with its target; then the next one is tried"),
        Near("retry.on_status_codes[]", "retry.attempts", Codes, Form.None),
        Exact("retry.use_retry_after_header", "", Form.None, "a provider's Retry-After is respected by default"),
        Exact("retry.use_retry_after_headers", "", Form.None, "a provider's Retry-After is respected by default"),
        Near("cache.mode", "cache.enabled", "answers to equal requests are kept, for each client key by itself"),
        Exact("cache.max_age", "cache.ttl"),
        No("cache.**", "there is no such setting of the cache"),
        Near("request_timeout", "providers.<name>.attempt_timeout", "the time of one attempt at a whole answer"),
        Exact("override_params.model", "models.<alias>.targets"),
        No("override_params.**", Elsewhere),
        No("override_params", Elsewhere),
        Exact("azure_resource_name", "providers.<name>.settings.endpoint"),
        Exact("resource_name", "providers.<name>.settings.endpoint"),
        Exact("azure_deployment_id", "models.<alias>.targets"),
        Exact("deployment_id", "models.<alias>.targets"),
        Exact("azure_api_version", "providers.<name>.settings.api_version"),
        Exact("api_version", "providers.<name>.settings.api_version"),
        Near("azure_model_name", "", "the deployment's name is the model's; this one is not sent", Form.None),
        Exact("vertex_project_id", "providers.<name>.settings.project"),
        Exact("vertex_region", "providers.<name>.settings.location"),
        No("vertex_service_account_json.**", "a service account is read from a file: settings.credentials_file"),
        Exact("aws_access_key_id", "providers.<name>.settings.access_key_id"),
        Exact("aws_secret_access_key", "providers.<name>.settings.secret_access_key"),
        Exact("aws_session_token", "providers.<name>.settings.session_token"),
        Exact("aws_region", "providers.<name>.settings.region"),
        No("aws_role_arn", "a role is assumed through a profile or the machine's identity: settings.profile"),
        Exact("openai_organization", "providers.<name>.headers"),
        Exact("openai_project", "providers.<name>.headers"),
        Exact("anthropic_version", "providers.<name>.headers"),
        Exact("anthropic_beta", "providers.<name>.headers"),
        Exact("workers_ai_account_id", "providers.<name>.settings.account_id"),
        No("forward_headers.**", "client headers are not forwarded to providers, except those of their format"),
        No("strict_open_ai_compliance", "answers are always in the client's format; strict is about fields that cannot be carried"),
        No("input_guardrails.**", Guards),
        No("output_guardrails.**", Guards),
        No("default_input_guardrails.**", Guards),
        No("default_output_guardrails.**", Guards),
        No("before_request_hooks.**", Guards),
        No("after_request_hooks.**", Guards),
        No("metadata.**", "labels of a call come from the request, or from tags of its key"),
        No("trace_id", "the request names the trace: traceparent"),
        No("id", "a configuration has no id"),
        No("version", "a configuration has no version of its own"),
    ], repeats: "targets[].");
}
