using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Switchyard.Canonical;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
using Switchyard.Providers.Http;

namespace Switchyard.Tests.Providers;

/// <summary>
/// Validates descriptors: one small check per concern, each returning messages. It runs over every entry of <c>providers.json</c> here, so
/// that starting a host need not.
/// </summary>
internal static partial class ProviderDescriptorValidator
{
    // The chat and rerank fields that a quirk may name: a misspelt one would be ignored without a message.
    private static readonly HashSet<string> ChatFields = new(StringComparer.Ordinal)
    {
        "audio", "chat_template_kwargs", "dimensions", "enable_thinking", "encoding_format", "frequency_penalty", "function_call",
        "functions", "logit_bias", "logprobs", "max_completion_tokens", "max_tokens", "messages[].name", "metadata", "modalities", "n",
        "parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key", "reasoning", "reasoning_effort", "response_format",
        "return_documents", "safety_identifier", "seed", "service_tier", "stop", "store", "stream_options", "temperature", "thinking",
        "thinking_budget", "tool_choice", "tools", "top_k", "top_logprobs", "top_n", "top_p", "user", "verbosity", "web_search_options",
    };

    private static readonly HashSet<string> MessageFields = new(StringComparer.Ordinal)
    {
        "audio", "content", "function_call", "name", "prefix", "reasoning", "reasoning_content", "refusal", "role", "tool_call_id",
        "tool_calls",
    };

    private static readonly HashSet<string> Efforts = new(StringComparer.Ordinal)
    {
        "none", "minimal", "low", "medium", "high", "xhigh", "max",
    };

    private static readonly Func<ProviderDescriptor, IEnumerable<string>>[] Checks =
        [Names, Address, Paths, Dialects, Auth, Headers, Operations, Quirks, Clock, Features, Models];

    /// <summary>The problems of one entry; empty if valid.</summary>
    public static IReadOnlyList<string> Validate(ProviderDescriptor descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        return [.. Checks.SelectMany(check => check(descriptor)).Select(message => $"{descriptor.Name}: {message}")];
    }

    /// <summary>The problems of a set of entries, of each one and of all together; empty if valid.</summary>
    public static IReadOnlyList<string> ValidateAll(IReadOnlyList<ProviderDescriptor> descriptors)
    {
        ArgumentNullException.ThrowIfNull(descriptors);
        return
        [
            .. descriptors.SelectMany(Validate),
            .. Twice(descriptors.SelectMany(entry => entry.Aliases.Prepend(entry.Name)), "the name"),
            .. Twice(descriptors.Select(entry => entry.Priority.ToString(CultureInfo.InvariantCulture)), "the priority"),
            // One key must not enable two vendors: at least one of them would receive another vendor's key.
            .. Twice(descriptors.Where(entry => !entry.Local).SelectMany(entry => entry.KeyEnv), "the key variable"),
        ];
    }

    private static IEnumerable<string> Names(ProviderDescriptor entry)
    {
        foreach (var name in entry.Aliases.Prepend(entry.Name))
        {
            if (!ProviderNames.IsValid(name) || name != ProviderNames.Normalize(name))
                yield return $"'{name}' is not a lower-case name of letters, digits, '-', '_' and '.'";
        }
    }

    private static IEnumerable<string> Address(ProviderDescriptor entry)
    {
        if (entry.BaseUrl is null)
        {
            if (entry.Unavailable is null && !IsInProcess(entry))
                yield return "has no base_url and does not say why in unavailable";
            yield break;
        }

        var placeholders = entry.BaseUrls.Values.Append(entry.BaseUrl).Append(entry.Query).Append(entry.ModelsPath)
            .Append(entry.DefaultModel)
            .SelectMany(EndpointAddress.Placeholders).Distinct().ToList();
        foreach (var name in placeholders.Where(name => !entry.Variables.ContainsKey(name)))
            yield return $"no variables fill the placeholder {name}";
        foreach (var name in entry.Variables.Keys.Except(placeholders))
            yield return $"variables name a placeholder {name} that neither an address nor default_model has";
        foreach (var variable in entry.Variables.Values.SelectMany(names => names).Where(variable => !VariableName().IsMatch(variable)))
            yield return $"'{variable}' is not the name of an environment variable";
        var addresses = entry.BaseUrls.Select(pair => ($"base_urls.{pair.Key}", pair.Value)).Prepend(("base_url", entry.BaseUrl));
        foreach (var (name, written) in addresses)
        {
            if (AddressProblem(written, entry.Local) is { } problem)
                yield return $"{name} {problem}";
        }

        if (entry.ModelsPath is { } path && !path.StartsWith('/') && !path.StartsWith("https://", StringComparison.Ordinal))
            yield return "models_path is neither a path nor an https address";
    }

    private static string? AddressProblem(string written, bool local)
    {
        var filled = Placeholder().Replace(written, match => match.Index == 0 ? "https://example.com" : "x");
        if (!Uri.TryCreate(filled, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            return "is not an http or https address";
        if (uri.Scheme == "http" && !(local && uri.IsLoopback))
            return "sends a key in the clear";
        return filled.EndsWith('/') || uri.Query.Length > 0 || uri.UserInfo.Length > 0
            ? "must not end in a slash, nor hold a query or a user name"
            : null;
    }

    private static IEnumerable<string> Paths(ProviderDescriptor entry)
    {
        foreach (var (operation, path) in entry.Paths)
        {
            if (!OperationKeys.Contains(operation))
                yield return $"paths name '{operation}', which is not an operation";
            if (!path.StartsWith('/') || EndpointAddress.Placeholders(path).Any(name => name != "model"))
                yield return $"paths.{operation} must begin with a slash and have no placeholder but model";
        }

        foreach (var dialect in entry.BaseUrls.Keys.Where(dialect => !entry.Dialects.Skip(1).Contains(dialect, StringComparer.Ordinal)))
            yield return $"base_urls name '{dialect}', which is not one of its further dialects";
        if (entry.Query is { } query && (query.Length == 0 || query[0] is '?' or '&'))
            yield return "query must be written without its question mark";
    }

    private static IEnumerable<string> Dialects(ProviderDescriptor entry)
    {
        if (entry.Dialects.Count == 0)
            yield return "speaks no dialect";
        foreach (var dialect in entry.Dialects.Where(dialect => !DialectName().IsMatch(dialect)))
            yield return $"'{dialect}' is not the name of a dialect";
    }

    private static IEnumerable<string> Auth(ProviderDescriptor entry)
    {
        var (scheme, header) = (entry.Auth.Scheme, entry.Auth.Header);
        if (scheme == ProviderAuthScheme.Header ? header is null : header is not null && scheme != ProviderAuthScheme.Cloud)
            yield return "auth.header goes with the scheme header, and with cloud where a key has a header of its own";
        if ((scheme == ProviderAuthScheme.Cloud) != (entry.Auth.Credential is not null))
            yield return "auth.credential goes with the scheme cloud, and only with it";
        if (entry.Auth is { Credential: null, Scope: not null })
            yield return "auth.scope says what a credential is for, and there is none";
        if (entry.RequiresApiKey && entry.KeyEnv.Count == 0)
            yield return "needs a key but names no variable for it";
        if (scheme == ProviderAuthScheme.None && entry.KeyEnv.Count > 0)
            yield return "takes no key but names a variable for one";
        foreach (var variable in entry.KeyEnv.Where(variable => !VariableName().IsMatch(variable)))
            yield return $"'{variable}' is not the name of an environment variable";
    }

    private static IEnumerable<string> Headers(ProviderDescriptor entry) =>
        entry.Headers.Keys.Where(name => name.Equals("Authorization", StringComparison.OrdinalIgnoreCase))
            .Select(_ => "a credential does not belong into the catalogue");

    private static IEnumerable<string> Operations(ProviderDescriptor entry)
    {
        if (entry.Operations.Count == 0)
            yield return "serves no operation";
        foreach (var operation in entry.Operations.Where(operation => !Enum.IsDefined(operation)))
            yield return $"{operation} is not an operation";
    }

    private static IEnumerable<string> Quirks(ProviderDescriptor entry)
    {
        var quirks = entry.Quirks;
        if (quirks.MaxTokensField is not ("max_tokens" or "max_completion_tokens"))
            yield return $"max_tokens_field cannot be '{quirks.MaxTokensField}'";
        foreach (var field in quirks.UnsupportedParams.Concat(quirks.RenamedParams.Keys).Where(field => !ChatFields.Contains(field)))
            yield return $"quirks name '{field}', which is not a chat field";
        foreach (var field in quirks.UnsupportedParams.Intersect(quirks.RenamedParams.Keys))
            yield return $"'{field}' is both unsupported and renamed";
        // Shorter ids would soon collide; longer ones exceed the length of a hash.
        if (quirks.ToolCallIdLength is < 8 or > 64)
            yield return $"tool_call_id_length cannot be {quirks.ToolCallIdLength}";
        if (quirks.RequiredToolChoice is not ("required" or "any"))
            yield return $"required_tool_choice cannot be '{quirks.RequiredToolChoice}'";
        foreach (var field in quirks.MessageFields.Where(field => !MessageFields.Contains(field)))
            yield return $"message_fields name '{field}', which is no member of a message";
        if (quirks.MessageFields.Count > 0 && !(quirks.MessageFields.Contains("role") && quirks.MessageFields.Contains("content")))
            yield return "message_fields leave out the role or the content";
        foreach (var effort in quirks.ReasoningEfforts.Where(effort => !Efforts.Contains(effort)))
            yield return $"'{effort}' is not a reasoning effort";
        foreach (var (name, value) in quirks.ReasoningOff.Where(member => !IsJson(member.Value)))
            yield return $"reasoning_off.{name} is not JSON: {value}";
    }

    private static bool IsJson(string text)
    {
        try
        {
            JsonElement.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static IEnumerable<string> Clock(ProviderDescriptor entry) =>
        entry.FirstTokenTimeout < ProviderSettingsValidator.MinTimeout ? ["timeout must be at least 1 second"] : [];

    private static IEnumerable<string> Features(ProviderDescriptor entry) =>
        entry.Features.Where(feature => !ProviderFeatures.All.Contains(feature)).Select(feature => $"'{feature}' is not a feature");

    private static IEnumerable<string> Models(ProviderDescriptor entry) =>
        entry.ModelPatterns.Concat(entry.Models).Append(entry.DefaultModel ?? entry.Name)
            .Where(text => string.IsNullOrWhiteSpace(text) || text != text.Trim())
            .Select(text => $"'{text}' is not a model or a pattern of models");

    private static bool IsInProcess(ProviderDescriptor entry) => entry.Dialects is [var only] && only == DialectId.Canonical.Value;

    private static IEnumerable<string> Twice(IEnumerable<string> values, string what) =>
        values.GroupBy(value => value, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1)
            .Select(group => $"{what} {group.Key} is used {group.Count()} times");

    [GeneratedRegex(@"\{[^}]*\}", RegexOptions.CultureInvariant)]
    private static partial Regex Placeholder();

    [GeneratedRegex("^[A-Z][A-Z0-9_]*$", RegexOptions.CultureInvariant)]
    private static partial Regex VariableName();

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$", RegexOptions.CultureInvariant)]
    private static partial Regex DialectName();
}
