namespace Switchyard.Server.Importing.LiteLlm;

/// <summary>The settings outside deployments and routing: keys, cache, Redis, budgets, database, callbacks, variables.</summary>
internal sealed class LiteLlmSettings(ImportJob job)
{
    /// <summary>The callbacks that a built-in feature replaces, and that feature.</summary>
    private static readonly Dictionary<string, string> s_callbacks = new(StringComparer.OrdinalIgnoreCase)
    {
        ["prometheus"] = "calls are counted and served at /metrics by default",
        ["otel"] = "OTEL_EXPORTER_OTLP_ENDPOINT sets where traces and metrics are sent",
        ["opentelemetry"] = "OTEL_EXPORTER_OTLP_ENDPOINT sets where traces and metrics are sent",
    };

    private readonly SourceNode? _general = job.Root["general_settings"];
    private readonly SourceNode? _settings = job.Root["litellm_settings"];
    private readonly SourceNode? _router = job.Root["router_settings"];

    public void Map()
    {
        ImportedRedis.In(_router, "redis_").Put(job);
        Cache();
        Keys();
        Budgets();
        Ledger();
        Concurrency();
        Callbacks();
        Total();
        foreach (var variable in ImportJob.Entries(job.Root["environment_variables"]).Where(variable => variable.IsLeaf))
        {
            if (job.Variables.IsNamed(variable.Name))
                job.Claim(variable);
            else
                ImportJob.Refuse(variable, "no imported setting reads it; if it is needed, set it in the environment of switchyard");
        }
    }

    private void Cache()
    {
        var parameters = _settings?["cache_params"];
        if (ImportJob.Flag(_settings?["cache"]) != true)
        {
            if (parameters is { Kind: SourceKind.Map })
                ImportJob.Refuse(parameters, "the cache is not switched on by litellm_settings.cache");
            return;
        }

        switch (ImportJob.Text(parameters?["type"]))
        {
            case null:
                break;
            case "local":
                parameters!["type"]!.Claim(Outcome.Exact, "cache", null);
                break;
            case ("redis" or "redis-semantic") and var type:
                var isThere = ImportedRedis.In(parameters).Put(job);
                if (isThere || job.Draft.Find("storage")?.Find("redis") is not null)
                    job.Draft.At("cache", "shared").Set("redis", parameters!["type"]);
                job.Near(
                    parameters!["type"],
                    type == "redis" && isThere ? "each gateway keeps answers in memory too"
                        : "answers are found by equal requests; Redis is the one under storage.redis");
                break;
            default:
                ImportJob.Refuse(parameters!["type"], "answers are kept in memory and in Redis alone");
                break;
        }

        job.Put(parameters?["ttl"], Form.Seconds, "cache", "ttl");
    }

    private void Keys()
    {
        if (_general?["master_key"] is not { } key || ImportJob.Text(key) is null)
            return;
        job.Claim(key);
        job.Draft.At("server", "keys").Append().Set(job.Variables.Secret(key, "LITELLM_MASTER_KEY"), key);
    }

    private void Budgets()
    {
        var budgets = new LiteLlmBudgets(job);
        budgets.Put(_settings?["max_budget"], _settings?["budget_duration"], "total");
        budgets.Put(_settings?["max_end_user_budget"], null, "end-users", ("per", "end_user"));
        foreach (var vendor in ImportJob.Entries(_router?["provider_budget_config"]))
        {
            var names = Vendors.Find(vendor.Name) is { } known ? job.Providers.Of(known.Name) : [];
            if (names is [var one])
                budgets.Put(vendor["budget_limit"] ?? vendor["max_budget"], vendor["time_period"] ?? vendor["budget_duration"], vendor.Name,
                    ("provider", one));
            else
                ImportJob.Refuse(vendor, "a budget is for one provider here, and this kind is none or several: add one under budgets");
        }
    }

    private void Ledger()
    {
        var (database, retention) = (_general?["database_url"], _general?["maximum_spend_logs_retention_period"]);
        if (database is not null && ImportJob.Text(database) is not null)
        {
            job.Claim(database);
            job.Draft.At("storage", "ledger").Set(job.Variables.Own("SWITCHYARD_LEDGER", database, VariableKind.Ledger), database);
        }

        if (retention is null || ImportJob.Text(retention) is not { } text)
            return;
        if (database is null || Periods.Read(text) is not { } span)
        {
            ImportJob.Refuse(retention, "there is no ledger to delete calls from, or it is not a period such as 30d");
            return;
        }

        job.Claim(retention);
        job.Draft.At("storage", "retention").Set(ImportJob.Duration((decimal)span.TotalMilliseconds), retention);
    }

    private void Concurrency()
    {
        foreach (var bound in (SourceNode?[])[_router?["default_max_parallel_requests"], _general?["max_parallel_requests"]])
        {
            if (job.Value(bound, Form.Count) is not { } most)
                continue;
            job.Claim(bound);
            foreach (var name in job.Providers.Names.Where(name => job.Draft.At("providers", name).Find("concurrency") is null))
                job.Draft.At("providers", name, "concurrency").Set(most, bound);
        }
    }

    private void Callbacks()
    {
        foreach (var list in (string[])["callbacks", "success_callback", "failure_callback", "service_callback", "service_callbacks"])
        {
            foreach (var callback in ImportJob.Items(_settings?[list]))
            {
                if (ImportJob.Text(callback) is { } name && s_callbacks.TryGetValue(name, out var instead))
                    job.Near(callback, instead);
                else
                    ImportJob.Refuse(callback, "calls are seen through the ledger, /metrics, OTLP and plugins; there is no such callback");
            }
        }

        if (ImportJob.Flag(_settings?["json_logs"]) is { } json)
        {
            job.Claim(_settings!["json_logs"]);
            job.Draft.At("logs", "format").Set(json ? "json" : "text", _settings["json_logs"]);
        }
    }

    /// <summary>Sets the total timeout if an attempt's timeout is above the default of 600 s.</summary>
    private void Total()
    {
        var longest = new[] { _router?["timeout"], _router?["stream_timeout"], _settings?["request_timeout"] }
            .Where(node => node is { Kind: SourceKind.Number }).Select(node => ImportJob.Number(node) ?? 0).DefaultIfEmpty().Max();
        if (longest is > 600 and <= 86_400)
            job.Draft.At("timeouts", "total").Set(ImportJob.Duration(longest * 1000));
    }
}
