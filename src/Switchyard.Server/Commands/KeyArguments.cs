using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Identity;
using Switchyard.Server.Composition;
using Switchyard.Server.Serving;

namespace Switchyard.Server.Commands;

/// <summary>The options that commands about keys and tenants share: where the keys are, and the settings.</summary>
internal static class KeyArguments
{
    private const string KeyVariable = "SWITCHYARD_ADMIN_KEY";

    // A node with a member twice fails only when it is read.
    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };

    private static readonly Option<string?> s_url = new("--url", "-u")
    {
        Description = $"A running gateway, whose admin API is used with the key in {KeyVariable}. Default: the database of storage.ledger.",
        HelpName = "url",
        Recursive = true,
    };

    private static readonly Option<string[]> s_models =
        List("--model", "-m", "A model it may call: an alias, provider/model or provider/*.");

    private static readonly Option<string[]> s_operations =
        List("--operation", "-o", "An operation it may be used for, for example chat.");

    private static readonly Option<string?> s_settings = new("--settings", "-s")
    {
        Description = "Settings as JSON, those of keys.NAME or tenants.NAME in a file: limits, budget and so on.",
        HelpName = "json",
    };

    private static readonly Option<string?> s_tenant = new("--tenant", "-t")
    {
        Description = "The tenant its calls count for.",
        HelpName = "name",
    };

    private static readonly Option<string?> s_expires = new("--expires", "-e")
    {
        Description = "When it expires: a day (2030-01-01, from its beginning in UTC) or a time (2030-01-01T12:00Z).",
        HelpName = "time",
    };

    /// <summary>The option that all of the commands have.</summary>
    public static Option<string?> Url => s_url;

    /// <summary>The options of a key's settings.</summary>
    public static IReadOnlyList<Option> OfKey => [s_models, s_operations, s_tenant, s_expires, s_settings];

    /// <summary>The options of a tenant's settings.</summary>
    public static IReadOnlyList<Option> OfTenant => [s_models, s_operations, s_settings];

    /// <summary>The settings that the options name.</summary>
    /// <exception cref="ServeException">The settings are not a JSON object.</exception>
    public static JsonObject Settings(ParseResult parsed)
    {
        var settings = Parse(parsed.GetValue(s_settings));
        Add("models", parsed.GetValue(s_models));
        Add("operations", parsed.GetValue(s_operations));
        if (parsed.GetValue(s_tenant) is { } tenant)
            settings["tenant"] = tenant;
        if (parsed.GetValue(s_expires) is { } expires)
            settings["expires"] = expires;
        return settings;

        void Add(string name, string[]? values)
        {
            if (values is { Length: > 0 })
                settings[name] = new JsonArray([.. values.Select(value => JsonValue.Create(value))]);
        }
    }

    /// <summary>Runs a command at the key desk that the options choose; a failure is printed as one line.</summary>
    public static async Task<int> RunAsync(
        ParseResult parsed, ConfigurationChecks checks, Func<IKeyDesk, Task> run, CancellationToken cancellationToken)
    {
        try
        {
            if (await OpenAsync(parsed, checks, cancellationToken) is not { } desk)
                return ExitCode.Failure;
            await using (desk)
                await run(desk);
            return ExitCode.Ok;
        }
        catch (KeyChangeException refused)
        {
            throw new ServeException(refused.Message, refused);
        }
    }

    private static async Task<IKeyDesk?> OpenAsync(ParseResult parsed, ConfigurationChecks checks, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(s_url) is not { } url)
        {
            return ConfigurationArguments.Load(parsed, checks) is { } options
                ? await CommandServices.OpenKeysAsync(options, cancellationToken)
                : null;
        }

        if (!Uri.TryCreate(url, UriKind.Absolute, out var gateway) || gateway.Scheme is not ("http" or "https"))
            throw new ServeException($"'{url}' is not an address; write it as http://127.0.0.1:8080.");
        var key = Environment.GetEnvironmentVariable(KeyVariable);
        return string.IsNullOrWhiteSpace(key)
            ? throw new ServeException($"The admin API needs its key: set {KeyVariable} to the value of admin.key.")
            : CommandServices.OpenKeys(gateway, key.Trim(), parsed.GetValue(GatewayArguments.Authorities));
    }

    private static JsonObject Parse(string? json)
    {
        try
        {
            return json is null ? [] : JsonNode.Parse(json, documentOptions: s_strict) as JsonObject ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new ServeException("--settings must be a JSON object with each member once, for example '{\"limits\":{\"rpm\":60}}'.");
        }
    }

    private static Option<string[]> List(string name, string alias, string description) => new(name, alias)
    {
        Description = $"{description} May be repeated.",
        HelpName = "name",
    };
}
