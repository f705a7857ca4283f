using Switchyard.Providers;

namespace Switchyard.Server.Importing.Portkey;

/// <summary>The providers of targets.</summary>
internal sealed class PortkeyProviders(ImportJob job)
{
    private static readonly (string Theirs, string Ours)[] s_secret =
    [
        ("aws_access_key_id", "access_key_id"), ("aws_secret_access_key", "secret_access_key"), ("aws_session_token", "session_token"),
    ];

    private static readonly (string Theirs, string Ours)[] s_plain =
    [
        ("aws_region", "region"), ("vertex_project_id", "project"), ("vertex_region", "location"), ("workers_ai_account_id", "account_id"),
    ];

    private static readonly (string Theirs, string Ours)[] s_headers =
    [
        ("openai_organization", "OpenAI-Organization"), ("openai_project", "OpenAI-Project"), ("anthropic_version", "anthropic-version"),
        ("anthropic_beta", "anthropic-beta"),
    ];

    private readonly Dictionary<string, string> _kept = new(StringComparer.Ordinal);

    /// <summary>The model that a target sets; null if the request names it.</summary>
    public static SourceNode? ModelOf(PortkeyScope scope) =>
        scope.Node.Any("azure_deployment_id", "deployment_id") ?? scope.Parameter("model");

    /// <summary>The target of a leaf of the tree; null, and refused, if it cannot be a target here.</summary>
    public TargetDraft? Target(PortkeyScope scope)
    {
        if (Provider(scope) is not { } draft)
            return null;
        var named = ModelOf(scope);
        var model = ImportJob.Text(named);
        if (model is ['@', ..] && model.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash)
            model = model[(slash + 1)..];
        job.Claim(model is null ? null : named);
        model ??= draft.Vendor?.DefaultModel is { } usual && !usual.StartsWith('{') ? usual
            : draft.Vendor?.Models is [var first, ..] ? first : null;
        var provider = scope.Node.Any("provider", "virtual_key");
        if (model is null)
        {
            ImportJob.Refuse(scope.Node, "a target here is a provider and a model, and this one names no model: add override_params.model");
            return null;
        }

        if (named is null)
            job.Near(provider, "the request does not name the model: this is the provider's usual one");
        return new($"{job.Providers.Add(draft)}/{model}", null, provider, named);
    }

    /// <summary>The provider of a leaf; null, and refused, if the catalogue has none and no host is given.</summary>
    public ProviderDraft? Provider(PortkeyScope scope)
    {
        var (source, name) = NameOf(scope);
        var vendor = name is null ? null : Vendors.Find(name);
        var host = scope["custom_host"];
        if (source is null || (vendor is null && host is null))
        {
            RefuseTarget(
                scope,
                source is null || name is null ? "the provider is stored at Portkey: add provider"
                    : "there is no provider of this kind here; one with OpenAI's format can be added with custom_host");
            return null;
        }

        if (vendor?.Name == "azure-openai" && scope.Node.Any("azure_api_version", "api_version") is not null)
            vendor = Vendors.Find("azure-openai-deployments");
        var isOther = vendor is { Name: "openai" } && host is not null;
        var draft = new ProviderDraft(isOther ? null : vendor);
        job.Claim(source);
        Address(scope, draft, name ?? "provider");
        Keys(scope, draft, name ?? "provider");
        Clouds(scope, draft);
        Bounds(scope, draft);
        return draft;
    }

    /// <summary>Refuses a target without the settings that apply to the whole config, or that have a reason of their own.</summary>
    private void RefuseTarget(PortkeyScope scope, string reason)
    {
        var isRoot = scope.Node == job.Root;
        foreach (var leaf in scope.Node.Children.Where(child => !isRoot || child.Name is not "retry" and not "cache" and not "strategy")
            .SelectMany(child => child.Leaves).Where(leaf => job.Table.Find(leaf) is not { Form: Form.None, Outcome: Outcome.Refused }))
            ImportJob.Refuse(leaf, reason);
    }

    private static (SourceNode? Source, string? Name) NameOf(PortkeyScope scope)
    {
        var provider = ImportJob.Text(scope.Node["provider"]);
        if (provider is not null && !provider.StartsWith('@'))
            return (scope.Node["provider"], provider);
        var model = scope.Parameter("model") is { Text: ['@', ..] } at ? at : null;
        var source = scope.Node.Any("provider", "virtual_key") ?? model;
        return (source, source is null ? null : Guess(source.Text.TrimStart('@').Split('/')[0]));
    }

    /// <summary>The vendor that the name of a virtual key begins with, as such names usually do.</summary>
    private static string? Guess(string slug)
    {
        var parts = slug.Split('-', '_');
        for (var length = parts.Length; length > 0; length--)
        {
            if (Vendors.Find(string.Join('-', parts.Take(length))) is { } vendor)
                return vendor.Name;
        }

        return null;
    }

    private void Address(PortkeyScope scope, ProviderDraft draft, string name)
    {
        if (scope["custom_host"] is { } host && ImportJob.Text(host) is { } text)
        {
            job.Claim(host);
            var isNamed = job.Variables.NameIn(host) is not null;
            var complete = draft.Vendor is { } vendor && !isNamed ? Vendors.Complete(vendor.Name, text) : text;
            if (complete != text)
                job.Near(host, "an address ends with its version here");

            // Portkey's address of Ollama is a host; those of other vendors end with the version.
            var path = isNamed && draft.Vendor is { Name: "ollama" } local ? Vendors.Path(local.Name) : "";
            if (path.Length > 0)
                job.Near(host, $"{path} is appended to the variable's value, which must not end with it");
            draft.Set("base_url", isNamed ? job.Variables.Plain(host, VariableKind.Address) + path : Variables.Escape(complete), host);
            if (draft.Vendor is null)
                draft.Wanted = Uri.TryCreate(text, UriKind.Absolute, out var url)
                    ? $"{url.Host}{(url.IsDefaultPort ? "" : $"-{url.Port}")}" : name;
        }

        if (draft.Vendor?.Variables.ContainsKey("endpoint") != true)
            return;
        if (scope.Node.Any("azure_resource_name", "resource_name") is { } resource && ImportJob.Text(resource) is not null)
        {
            job.Claim(resource);
            draft.Set(["settings", "endpoint"], $"https://{job.Variables.Plain(resource, VariableKind.Secret)}.openai.azure.com", resource);
        }

        if (scope.Node.Any("azure_api_version", "api_version") is { } version && ImportJob.Text(version) is not null)
        {
            job.Claim(version);
            draft.Set(["settings", "api_version"], job.Variables.Plain(version, VariableKind.Secret), version);
        }
    }

    private void Keys(PortkeyScope scope, ProviderDraft draft, string name)
    {
        var usual = draft.Vendor?.KeyEnv is [{ } variable, ..] ? variable : Variables.NameOf(draft.Wanted ?? name, "API_KEY");
        if (scope.Node["api_key"] is { } key && ImportJob.Text(key) is not null)
        {
            job.Claim(key);
            draft.Keys.Add(new(job.Variables.Secret(key, usual), null, key));
            return;
        }

        var kept = scope.Node["virtual_key"] ?? (scope.Node["provider"] is { Text: ['@', ..] } at ? at : null)
            ?? (scope.Parameter("model") is { Text: ['@', ..] } model ? model : null);
        if (kept is null || ImportJob.Text(kept) is null)
            return;
        var slug = kept.Text.TrimStart('@').Split('/')[0];
        if (!_kept.ContainsKey(slug))
            _kept[slug] = job.Variables.Own(Variables.NameOf(slug, "API_KEY"), kept);
        draft.Keys.Add(new(_kept[slug], null, kept));
        job.Near(kept, "the key is stored at Portkey: put it into the variable");
    }

    private void Clouds(PortkeyScope scope, ProviderDraft draft)
    {
        foreach (var (theirs, ours) in s_secret.Concat(s_plain))
        {
            if (scope.Node[theirs] is not { } source || ImportJob.Text(source) is null)
                continue;
            var isSecret = s_secret.Contains((theirs, ours));
            if (draft.Vendor is not { } vendor || !(isSecret ? vendor.Auth.Scheme == ProviderAuthScheme.Cloud
                && vendor.Variables.ContainsKey("region")
                : vendor.Variables.ContainsKey(ours)))
            {
                ImportJob.Refuse(source, "the provider has no such setting");
                continue;
            }

            job.Claim(source);
            draft.Set(
                ["settings", ours], isSecret ? job.Variables.Secret(source, theirs) : job.Variables.Plain(source, VariableKind.Secret),
                    source);
        }

        foreach (var (theirs, header) in s_headers)
        {
            if (scope.Node[theirs] is not { } source || ImportJob.Text(source) is null)
                continue;
            job.Claim(source);
            draft.Set(["headers", header], job.Variables.Plain(source, VariableKind.Secret), source);
        }
    }

    private void Bounds(PortkeyScope scope, ProviderDraft draft)
    {
        if (scope["request_timeout"] is { } timeout && job.Value(timeout, Form.Milliseconds) is { } time)
        {
            job.Claim(timeout);
            draft.Set("attempt_timeout", time, timeout);
        }

        if (scope.Node != job.Root && scope["retry"] is { } retry && retry.Parent != job.Root
            && retry["attempts"] is { } attempts && job.Value(attempts, Form.Count) is { } times)
        {
            job.Claim(attempts);
            draft.Set("max_retries", times, attempts);
        }

        if (scope.Node != job.Root && scope.Node["cache"] is { Kind: SourceKind.Map } cache)
            PortkeyTargets.Cache(job, cache, job.Draft.At("models", job.Name, "cache"));
    }
}
