using Switchyard.Canonical;

namespace Switchyard.Server.Importing.Bifrost;

/// <summary><c>providers</c>: keys with one endpoint become one provider's keys; a key with another endpoint becomes a provider.</summary>
internal sealed class BifrostProviders(ImportJob job)
{
    private static readonly string[] s_places =
        ["azure_key_config", "vertex_key_config", "bedrock_key_config", "ollama_key_config", "vllm_key_config", "sgl_key_config"];

    private static readonly (string Theirs, string Ours, bool IsSecret)[] s_settings =
    [
        ("endpoint", "endpoint", false), ("api_version", "api_version", false), ("tenant_id", "tenant_id", false),
        ("project_id", "project", false), ("region", "", false), ("auth_credentials", "credentials_file", false),
        ("access_key", "access_key_id", true), ("secret_key", "secret_access_key", true), ("session_token", "session_token", true),
    ];

    private int _buffer;

    public void Map()
    {
        foreach (var entry in ImportJob.Entries(job.Root["providers"]))
        {
            if (entry.Kind == SourceKind.Map)
                Add(entry);
            else
                ImportJob.Refuse(entry, "a provider is a map");
        }
    }

    private void Add(SourceNode entry)
    {
        var custom = entry["custom_provider_config"]?["base_provider_type"];
        var kind = ImportJob.Text(custom) ?? entry.Name;
        var vendor = Vendors.Find(kind);
        var keys = ImportJob.Items(entry["keys"]).Where(key => key.Kind == SourceKind.Map && IsUsed(key)).ToList();
        var addresses = new[] { entry["network_config"]?["base_url"] }.Concat(keys.Select(key => PlaceOf(key)?["url"]));
        if (vendor is null && addresses.All(address => address is null))
        {
            ImportJob.Refuse(entry,
                "there is no provider of this kind here; one with OpenAI's format can be added with a base_url");
            return;
        }

        job.Claim(custom);
        var own = keys.Where(key => PlaceOf(key) is not null).ToList();
        var made = own.Select(key => (Key: key, Name: Provider(entry, kind, [key]))).ToList();
        if (own.Count < keys.Count || keys.Count == 0)
            made.AddRange(keys.Except(own).Prepend(null).Take(1).Select(_ => ((SourceNode)null!, Provider(entry, kind,
                [.. keys.Except(own)]))));
        Aliases(entry, made.Where(pair => pair.Key is not null).ToList());
    }

    private bool IsUsed(SourceNode key)
    {
        if (ImportJob.Flag(key["enabled"]) == false)
        {
            job.Claim(key);
            job.Near(key["value"], "it is not enabled, so it is left out");
            return false;
        }

        job.Claim(key["enabled"]);
        if (key["models"] is { Kind: SourceKind.List, IsLeaf: true } && job.Root["version"]?.Text != "1")
            ImportJob.Refuse(key, "its list of models is empty, which since Bifrost 1.5 means none; for all models write [\"*\"] there");
        else if (ImportJob.Number(key["weight"]) is <= 0 or > 1_000_000_000)
            ImportJob.Refuse(key, "a weight must be above 0");
        else
            return true;
        return false;
    }

    private static SourceNode? PlaceOf(SourceNode key) => s_places.Select(name => key[name]).FirstOrDefault(place =>
        place is { Kind: SourceKind.Map });

    private string Provider(SourceNode entry, string kind, List<SourceNode> keys)
    {
        var vendor = Vendors.Find(kind);
        var place = keys is [var first] ? PlaceOf(first) : null;
        if (vendor?.Name == "azure-openai" && place?["api_version"] is not null)
            vendor = Vendors.Find("azure-openai-deployments");
        var isKeyless = ImportJob.Flag(entry["custom_provider_config"]?["is_key_less"]);
        job.Claim(isKeyless is null ? null : entry["custom_provider_config"]!["is_key_less"]);
        var draft = new ProviderDraft(isKeyless == true ? null : vendor) { Wanted = entry.Name };
        // A provider without a vendor speaks OpenAI's format unless its own is written.
        if (draft.Vendor is null && vendor?.Dialects is [var format, ..] && format != DialectId.OpenAIChat.Value)
            draft.Set("dialect", format, entry["custom_provider_config"]!["base_provider_type"]);
        Address(draft, vendor?.Name ?? "", entry["network_config"]?["base_url"] ?? place?["url"]);
        foreach (var key in keys)
            Key(draft, key, keys.Count > 1, $"{entry.Name}_API_KEY");
        foreach (var (theirs, ours, isSecret) in s_settings)
            Setting(draft, place?[theirs], ours, isSecret);
        Network(draft, entry);
        Proxy(draft, entry["proxy_config"]);
        var name = job.Providers.Add(draft);
        foreach (var model in keys.SelectMany(key => ImportJob.Items(key["models"])).Append(place?["model_name"]))
        {
            job.Claim(model);
            if (ImportJob.Text(model) is "*")
                model!.Claim(Outcome.Exact, null, null);
            else if (ImportJob.Text(model) is { } listed && job.Draft.At("providers", name, "models").Entries.All(
                known => known.Node.Value != Variables.Escape(listed)) && draft.Vendor?.Auth.Scheme != Providers.ProviderAuthScheme.Cloud)
                job.Draft.At("providers", name, "models").Append().Set(Variables.Escape(listed), model);
        }

        return name;
    }

    private void Address(ProviderDraft draft, string kind, SourceNode? source)
    {
        if (source is null || ImportJob.Text(source) is not { } text)
            return;
        job.Claim(source);
        if (job.Variables.NameIn(source) is not null)
        {
            var path = Vendors.Path(kind, isHost: true);
            job.Near(source, $"{path} is appended to the variable's value, which must not end with it");
            draft.Set("base_url", job.Variables.Plain(source, VariableKind.Address) + path, source);
            return;
        }

        var complete = Vendors.Complete(kind, text, isHost: true);
        if (complete != text)
            job.Near(source, "an address ends with its version here");
        if (draft.Vendor is not { } vendor || !Vendors.IsUsual(vendor, complete))
            draft.Set("base_url", Variables.Escape(complete), source);
    }

    private void Key(ProviderDraft draft, SourceNode key, bool isShared, string variable)
    {
        var value = key["value"];
        if (value is { Kind: SourceKind.Text } && value.Text.Trim().Length == 0)
            value.Claim(Outcome.Exact, null, "it holds nothing");
        if (value is null or { Finding: not null })
            return;
        var secret = value.Kind == SourceKind.Map && ImportJob.Text(value["env_var"]) is { } named ? job.Variables.Named(named)
            : (value.Kind == SourceKind.Map ? value["value"] : value) is { } text && ImportJob.Text(text) is not null
                ? job.Variables.Secret(text, variable) : null;
        if (secret is null)
            return;
        job.Claim(value);
        var weight = ImportJob.Number(key["weight"]);
        if (isShared || weight == 1)
            job.Claim(weight is null ? null : key["weight"]);
        else if (weight is not null)
            job.Near(key["weight"], "it is the only key of its provider");
        draft.Keys.Add(new(secret, isShared ? weight : null, value, isShared ? key["weight"] : null));
    }

    private void Setting(ProviderDraft draft, SourceNode? source, string ours, bool isSecret)
    {
        if (source is null || ImportJob.Text(source) is null)
            return;
        var setting = ours.Length > 0 ? ours : draft.Vendor?.Variables.ContainsKey("location") == true ? "location" : "region";
        if (setting == "api_version" && draft.Vendor?.Variables.ContainsKey("api_version") != true)
            return;
        if (setting == "credentials_file" && job.Variables.NameIn(source) is null)
        {
            ImportJob.Refuse(source, "a service account is read from a file: settings.credentials_file");
            return;
        }

        job.Claim(source);
        var value = isSecret ? job.Variables.Secret(source, $"AWS_{ours}") : job.Variables.Plain(source, VariableKind.Address);
        draft.Set(["settings", setting], setting == "endpoint" ? value.TrimEnd('/') : value, source);
    }

    private void Network(ProviderDraft draft, SourceNode entry)
    {
        var network = entry["network_config"];
        foreach (var header in ImportJob.Entries(network?["extra_headers"]))
        {
            if (ImportJob.Text(header) is null)
                continue;
            job.Claim(header);
            draft.Set(["headers", header.Name], job.Variables.Header(header, entry.Name), header);
        }

        foreach (var (source, ours, form) in new[]
        {
            (network?["default_request_timeout_in_seconds"], "attempt_timeout", Form.Seconds),
            (network?["max_retries"], "max_retries", Form.Count),
            (entry["concurrency_and_buffer_size"]?["concurrency"], "concurrency", Form.Count),
        })
        {
            if (job.Value(source, form) is not { } value)
                continue;
            job.Claim(source);
            draft.Set(ours, value, source);
        }

        if (ImportJob.Flag(network?["insecure_skip_verify"]) is { } insecure)
        {
            job.Claim(network!["insecure_skip_verify"]);
            if (insecure)
                draft.Set(["tls", "insecure"], "true", network["insecure_skip_verify"]);
        }

        Shared(network?["retry_backoff_initial"], Form.Milliseconds, "retry", "base");
        Shared(network?["retry_backoff_max"], Form.Milliseconds, "retry", "max");
        Shared(network?["stream_idle_timeout_in_seconds"], Form.Seconds, "timeouts", "idle");
        if (entry["concurrency_and_buffer_size"]?["buffer_size"] is { } buffer
            && ImportJob.Number(buffer) is { } size and >= 0 and <= 1_000_000)
        {
            job.Claim(buffer);
            _buffer = Math.Max(_buffer, (int)size);
            job.Draft.At("routing", "queue").Replace(_buffer.ToString(System.Globalization.CultureInfo.InvariantCulture), buffer);
        }
    }

    /// <summary>A setting that all providers share here: the first value in the source counts.</summary>
    private void Shared(SourceNode? source, Form form, params string[] path)
    {
        var written = source is { Kind: SourceKind.Text } && Periods.Read(source.Text.Replace("ms", "",
            StringComparison.Ordinal)) is { } period
            ? ImportJob.Duration((decimal)period.TotalMilliseconds)
            : source is { Kind: SourceKind.Text } && source.Text.EndsWith("ms", StringComparison.Ordinal) ? source.Text
                : job.Value(source, form);
        if (written is null)
            return;
        job.Claim(source);
        if (!job.Draft.At(path).Set(written, source))
            ImportJob.Refuse(source, "another provider has another value, and there is only one for all");
    }

    private void Proxy(ProviderDraft draft, SourceNode? proxy)
    {
        if (ImportJob.Text(proxy?["type"]) is not { } type)
            return;
        if (type is "environment" or "none")
        {
            job.Claim(proxy!["type"]);
            if (type == "none")
                draft.Set("proxy", "none", proxy["type"]);
            return;
        }

        if (proxy!["url"] is not { } url || ImportJob.Text(url) is not { } text)
            return;
        job.Claim(proxy);
        var password = proxy["password"] is { } secret && ImportJob.Text(secret) is not null
            ? $":{job.Variables.Secret(secret, "PROXY_PASSWORD")}" : "";
        var user = proxy["username"] is { } name && ImportJob.Text(name) is not null
            ? $"{job.Variables.Plain(name, VariableKind.Secret)}{password}@" : "";
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        draft.Set(
            "proxy",
            job.Variables.NameIn(url) is not null || scheme < 0 || text.Contains('@', StringComparison.Ordinal)
                ? job.Variables.Secret(url, "PROXY_URL", VariableKind.Proxy)
                : $"{text[..(scheme + 3)]}{user}{Variables.Escape(text[(scheme + 3)..])}",
            proxy["url"], proxy["type"], proxy["username"], proxy["password"]);
    }

    /// <summary>Models that several providers serve, or serve under another name, become aliases with the name that clients send.</summary>
    private void Aliases(SourceNode entry, List<(SourceNode Key, string Name)> made)
    {
        var named = new Dictionary<string, List<TargetDraft>>(StringComparer.Ordinal);
        foreach (var (key, provider) in made)
        {
            if (ImportJob.Number(key["weight"]) is not null)
                job.Near(key["weight"], "a key with a place of its own is a provider of its own");
            var renames = ImportJob.Entries(PlaceOf(key)?["deployments"]).Concat(ImportJob.Entries(key["aliases"])).Where(each =>
                ImportJob.Text(each) is not null)
                .DistinctBy(each => each.Name).ToDictionary(each => each.Name, StringComparer.Ordinal);
            foreach (var rename in renames.Values)
                job.Claim(rename);
            var models = ImportJob.Items(key["models"]).Where(model => model.Kind == SourceKind.Text && model.Text != "*");
            foreach (var (model, source) in renames.Select(pair => (pair.Key, pair.Value)).Concat(models.Select(model => (model.Text,
                model))).DistinctBy(pair => pair.Item1))
            {
                var target = $"{provider}/{(renames.TryGetValue(model, out var other) ? other.Text.Trim() : model)}";
                var weight = ImportJob.Number(key["weight"]);
                (named.TryGetValue(model, out var targets) ? targets : named[model] = []).Add(new(target, weight, source, key["weight"]));
            }
        }

        foreach (var (model, targets) in named)
        {
            var name = $"{entry.Name}/{model}";
            if (targets is [var only] && only.Model == name)
                continue;
            var alias = job.Aliases.At(name);
            alias.Targets.AddRange(targets);
            alias.Strategy = ("weighted", null);
        }
    }
}
