using System.Text.RegularExpressions;
using Switchyard.Providers;

namespace Switchyard.Server.Importing.LiteLlm;

/// <summary>The <c>litellm_params</c> of a deployment, including the values of the credential they name.</summary>
internal sealed partial class LiteLlmParameters
{
    private static readonly (string Theirs, string Ours)[] s_plain =
    [
        ("aws_region_name", "region"), ("aws_profile_name", "profile"), ("vertex_project", "project"), ("vertex_location", "location"),
        ("tenant_id", "tenant_id"),
    ];

    private static readonly (string Theirs, string Ours)[] s_secret =
    [
        ("aws_access_key_id", "access_key_id"), ("aws_secret_access_key", "secret_access_key"), ("aws_session_token", "session_token"),
    ];

    /// <summary>
    /// Prefixes of model names that choose one of the vendor's interfaces. They are removed: Switchyard chooses the interface itself.
    /// </summary>
    private static readonly string[] s_routes = ["converse/", "invoke/", "responses/", "o_series/", "gpt5_series/"];

    /// <summary>Settings that are part of an address; the others are cloud credentials.</summary>
    private static readonly string[] s_places = ["region", "project", "location"];

    private readonly ImportJob _job;
    private readonly SourceNode? _own;
    private readonly SourceNode? _credential;

    public LiteLlmParameters(ImportJob job, SourceNode entry)
    {
        (_job, _own) = (job, entry["litellm_params"]);
        if (_own is { Kind: not SourceKind.Map })
            ImportJob.Refuse(_own, "a map is expected here");
        if (ImportJob.Text(_own?["litellm_credential_name"]) is not { } name)
            return;
        var known = ImportJob.Items(job.Root["credential_list"]).FirstOrDefault(each => each["credential_name"]?.Text == name);
        _credential = known?["credential_values"];
        if (known is null)
            ImportJob.Refuse(_own!["litellm_credential_name"], "there is no credential of this name in credential_list");
        else
            job.Claim(_own!["litellm_credential_name"]);
        job.Claim(known?["credential_name"]);
    }

    public SourceNode? this[string name] => _own?[name] ?? _credential?[name];

    /// <summary>The provider of a model as written, and the model's own name; null if there is no such provider here.</summary>
    public (ProviderDraft Provider, string Model)? Provider(string written)
    {
        var (vendorName, model) = Split(written);
        var vendor = vendorName is null ? null : Vendors.Find(vendorName);
        var address = this["api_base"] ?? this["base_url"] ?? this["aws_bedrock_runtime_endpoint"];
        if (vendor is null && (address is null || vendorName is null))
            return null;
        if (vendor?.Name == "google-vertex" && model.StartsWith("claude", StringComparison.OrdinalIgnoreCase))
            vendor = Vendors.Find("vertex-anthropic");
        var azure = vendor?.Name == "azure-openai" && address is not null ? LiteLlmAddress.OfAzure(address.Text) : default;
        model = azure.Deployment ?? model;
        if (vendor?.Name == "azure-openai"
            && (this["api_version"]?.Text ?? azure.Version) is not null and not "v1" and not "preview" and not "latest")
            vendor = Vendors.Find("azure-openai-deployments");
        var region = vendor?.Name == "bedrock" ? RegionOf(model) : null;
        if (region is not null)
            model = WithoutRoute(model[(region.Length + 1)..]);
        var isOther = vendor?.Name == "openai" && address is not null
            && !(Uri.TryCreate(address.Text, UriKind.Absolute, out var url) && url.Host == "api.openai.com");
        var draft = new ProviderDraft(isOther ? null : vendor);
        if (this["custom_llm_provider"] is { } custom)
            _job.Claim(custom);
        Address(draft, address, vendorName!);
        Credentials(draft, vendor?.KeyEnv is [{ } usual, ..] ? usual : Variables.NameOf(vendorName!, "API_KEY"));
        if (region is not null && this["aws_region_name"] is null)
            draft.Set(["settings", "region"], region, this["model"]);
        Headers(draft);
        Bounds(draft);
        return (draft, model);
    }

    private (string? Vendor, string Model) Split(string written)
    {
        if (ImportJob.Text(this["custom_llm_provider"]) is { } custom)
            return (custom, WithoutRoute(
                written.StartsWith($"{custom}/", StringComparison.OrdinalIgnoreCase) ? written[(custom.Length + 1)..] : written));
        var slash = written.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0 && (Vendors.Find(written[..slash]) is not null || Vendors.IsForeign(written[..slash])))
            return (written[..slash], WithoutRoute(written[(slash + 1)..]));
        // LiteLLM takes a bare name of Gemini for one of Vertex AI.
        if (this["vertex_project"] is not null && Vendors.OfModel(written) is { Name: "gemini" })
            return ("vertex_ai", written);
        return Vendors.OfModel(written) is { } vendor ? (vendor.Name, written) : slash > 0 ? (written[..slash], written[(slash + 1)..])
            : this["api_base"] is not null ? ("openai", written) : (null, written);
    }

    private static string WithoutRoute(string model) =>
        Array.Find(s_routes, start => model.StartsWith(start, StringComparison.Ordinal)) is { } route ? model[route.Length..] : model;

    /// <summary>The region prefix of a Bedrock model (<c>us-west-2/anthropic.claude…</c>); null if it has none.</summary>
    private static string? RegionOf(string model) => Region().Match(model) is { Success: true } found ? found.Groups["name"].Value : null;

    [GeneratedRegex("^(?<name>[a-z]{2}(?:-[a-z]+)+-[0-9])/.", RegexOptions.CultureInvariant)]
    private static partial Regex Region();

    private void Address(ProviderDraft draft, SourceNode? address, string vendorName)
    {
        if (address is null || ImportJob.Text(address) is not { } text)
            return;
        if (draft.Vendor?.Variables.ContainsKey("endpoint") == true)
        {
            Endpoint(draft, address, text);
            return;
        }

        var isNamed = _job.Variables.NameIn(address) is not null;
        var complete = draft.Vendor is { } vendor && !isNamed ? LiteLlmAddress.Complete(vendor.Name, text) : text;
        var path = draft.Vendor is { } known && isNamed ? LiteLlmAddress.AfterVariable(known.Name) : "";
        var written = isNamed ? _job.Variables.Plain(address, VariableKind.Address) + path : Variables.Escape(complete);
        if (path.Length > 0)
            _job.Near(address, $"{path} is appended to the variable's value, which must not end with it");
        else if (complete.TrimEnd('/') != text.TrimEnd('/'))
            _job.Near(address, "an address ends with its version here");
        else
            _job.Claim(address);
        if (draft.Vendor is { } usual && Vendors.IsUsual(usual, written))
            return;
        draft.Set("base_url", written, address);
        if (draft.Vendor is null)
            draft.Wanted = Uri.TryCreate(text, UriKind.Absolute, out var host)
                ? $"{host.Host}{(host.IsDefaultPort ? "" : $"-{host.Port}")}" : vendorName;
    }

    private void Endpoint(ProviderDraft draft, SourceNode address, string text)
    {
        var endpoint = Uri.TryCreate(text, UriKind.Absolute, out var url) && url.UserInfo.Length == 0
            ? LiteLlmAddress.EndpointOf(url)
            : null;
        if (endpoint is null || endpoint.Equals(text.TrimEnd('/'), StringComparison.OrdinalIgnoreCase))
            _job.Claim(address);
        else
            _job.Near(address, "the address is used up to the path of its interface, with the deployment and the version that it names");
        draft.Set(["settings", "endpoint"], endpoint ?? _job.Variables.Plain(address, VariableKind.Address), address);
        if (this["api_version"] is { } version)
            Version(draft, version);
        else if (LiteLlmAddress.OfAzure(text).Version is { } dated && draft.Vendor!.Variables.ContainsKey("api_version"))
            draft.Set(["settings", "api_version"], dated, address);
    }

    private void Version(ProviderDraft draft, SourceNode version)
    {
        if (draft.Vendor!.Variables.ContainsKey("api_version"))
        {
            _job.Claim(version);
            draft.Set(["settings", "api_version"], _job.Variables.Plain(version, VariableKind.Secret), version);
        }
        else
        {
            _job.Near(version, "the interface of version 1, which has no other version");
        }
    }

    private void Credentials(ProviderDraft draft, string usual)
    {
        if (this["api_key"] is { } key && ImportJob.Text(key) is not null)
        {
            _job.Claim(key);
            draft.Keys.Add(new(_job.Variables.Secret(key, usual), null, key));
        }

        foreach (var (theirs, ours) in s_secret)
        {
            if (this[theirs] is { } secret && ImportJob.Text(secret) is not null && Takes(draft, ours, secret))
                draft.Set(["settings", ours], _job.Variables.Secret(secret, theirs), secret);
        }

        foreach (var (theirs, ours) in s_plain)
        {
            if (this[theirs] is { } plain && ImportJob.Text(plain) is not null && Takes(draft, ours, plain))
                draft.Set(["settings", ours], _job.Variables.Plain(plain, VariableKind.Secret), plain);
        }

        if (this["vertex_credentials"] is { } file)
        {
            if (_job.Variables.NameIn(file) is not null)
                _job.Near(file, "the variable holds the path of the service account's file");
            else if (file.Kind == SourceKind.Text && !file.Text.Contains('{', StringComparison.Ordinal))
                _job.Claim(file);
            else
                ImportJob.Refuse(file, "a service account is read from a file: settings.credentials_file");
            if (file.Finding?.Outcome != Outcome.Refused && file.IsLeaf)
                draft.Set(["settings", "credentials_file"], _job.Variables.Plain(file, VariableKind.Secret), file);
        }
    }

    /// <summary>Whether the draft's provider has a setting of this name; the source setting is refused if not.</summary>
    private bool Takes(ProviderDraft draft, string setting, SourceNode source)
    {
        var takes = draft.Vendor is { } vendor && (vendor.Variables.ContainsKey(setting)
            || (vendor.Auth.Scheme == ProviderAuthScheme.Cloud && !s_places.Contains(setting)));
        if (takes)
            _job.Claim(source);
        else
            ImportJob.Refuse(source, "the provider has no such setting");
        return takes;
    }

    private void Headers(ProviderDraft draft)
    {
        if (this["organization"] is { } organization && ImportJob.Text(organization) is not null)
        {
            _job.Claim(organization);
            draft.Set(["headers", "OpenAI-Organization"], _job.Variables.Plain(organization, VariableKind.Secret), organization);
        }

        foreach (var header in ImportJob.Entries(this["extra_headers"]).Concat(ImportJob.Entries(this["headers"])))
        {
            if (ImportJob.Text(header) is null)
                continue;
            _job.Claim(header);
            draft.Set(["headers", header.Name], _job.Variables.Header(header, draft.Wanted ?? draft.Vendor?.Name ?? ""), header);
        }
    }

    private void Bounds(ProviderDraft draft)
    {
        foreach (var (theirs, ours, form) in new[]
        {
            ("timeout", "attempt_timeout", Form.Seconds), ("stream_timeout", "timeout", Form.Seconds),
            ("max_retries", "max_retries", Form.Count), ("num_retries", "max_retries", Form.Count),
            ("max_parallel_requests", "concurrency", Form.Count),
        })
        {
            if (this[theirs] is { } bound && _job.Value(bound, form) is { } value)
            {
                _job.Claim(bound);
                draft.Set(ours, value, bound);
            }
        }
    }
}
