using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Providers.Http;
using Switchyard.Targets;
using static Switchyard.Models.CatalogueJson;

namespace Switchyard.Providers.Catalogue;

/// <summary>
/// Reads <c>providers.json</c> into descriptors, where a member the file leaves out keeps its default. An unknown member is an error: a
/// misspelt quirk would otherwise be ignored silently. A test compares the members named here with those of the descriptors.
/// </summary>
internal static class ProviderCatalogReader
{
    private static readonly JsonReaderOptions s_options = new() { CommentHandling = JsonCommentHandling.Skip };

    /// <exception cref="JsonException">The text is not such a file.</exception>
    public static ProviderCatalogFile Read(ReadOnlySpan<byte> file)
    {
        try
        {
            var reader = new Utf8JsonReader(file, s_options);
            reader.Read();
            return ReadFile(ref reader);
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException)
        {
            // The reader's exceptions for text in place of a number, and for a number that is too large.
            throw new JsonException(error.Message, error);
        }
    }

    private static ProviderCatalogFile ReadFile(ref Utf8JsonReader reader)
    {
        var file = new ProviderCatalogFile();
        Expect(ref reader, JsonTokenType.StartObject);
        while (NextMember(ref reader) is { } member)
        {
            file = member switch
            {
                "providers" => file with { Providers = ReadProviders(ref reader) },
                "auto_detect" => file with { AutoDetected = Texts(ref reader) },
                "failover" => file with { Failover = ReadFailover(ref reader) },
                _ => throw Unknown(member),
            };
        }

        reader.Read();
        return file;
    }

    private static List<ProviderDescriptor> ReadProviders(ref Utf8JsonReader reader)
    {
        var providers = new List<ProviderDescriptor>();
        Expect(ref reader, JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            providers.Add(ReadProvider(ref reader));
        return providers;
    }

    private static FailoverChain ReadFailover(ref Utf8JsonReader reader)
    {
        var chain = new FailoverChain();
        Expect(ref reader, JsonTokenType.StartObject);
        while (NextMember(ref reader) is { } member)
        {
            chain = member switch
            {
                "chain" => chain with { Providers = Texts(ref reader) },
                "only" => chain with { Only = Text(ref reader) },
                "only_prefixes" => chain with { OnlyPrefixes = Texts(ref reader) },
                "only_suffixes" => chain with { OnlySuffixes = Texts(ref reader) },
                _ => throw Unknown(member),
            };
        }

        return chain;
    }

    private static ProviderDescriptor ReadProvider(ref Utf8JsonReader reader)
    {
        var entry = new ProviderDescriptor { Name = "" };
        Expect(ref reader, JsonTokenType.StartObject);
        while (NextMember(ref reader) is { } member)
        {
            entry = member switch
            {
                "name" => entry with { Name = reader.GetString() ?? "" },
                "display_name" => entry with { DisplayName = reader.GetString() },
                "aliases" => entry with { Aliases = Texts(ref reader) },
                "dialects" => entry with { Dialects = Texts(ref reader) },
                "base_url" => entry with { BaseUrl = reader.GetString() },
                "variables" => entry with { Variables = TextsMap(ref reader) },
                "base_urls" => entry with { BaseUrls = TextMap(ref reader) },
                "address_rewrites" => entry with { AddressRewrites = TextMap(ref reader) },
                "hosts" => entry with { Hosts = Texts(ref reader) },
                "paths" => entry with { Paths = TextMap(ref reader) },
                "query" => entry with { Query = reader.GetString() },
                "models_path" => entry with { ModelsPath = reader.GetString() },
                "auth" => entry with { Auth = ReadAuth(ref reader) },
                "key_env" => entry with { KeyEnv = Texts(ref reader) },
                "headers" => entry with { Headers = TextMap(ref reader) },
                "operations" => entry with { Operations = Operations(ref reader) },
                "quirks" => entry with { Quirks = ReadQuirks(ref reader) },
                "bills_abandoned" => entry with { BillsAbandoned = reader.GetBoolean() },
                "timeout" => entry with { Timeout = reader.GetInt32() },
                "priority" => entry with { Priority = reader.GetInt32() },
                "features" => entry with { Features = Texts(ref reader) },
                "model_patterns" => entry with { ModelPatterns = Texts(ref reader) },
                "models" => entry with { Models = Texts(ref reader) },
                "default_model" => entry with { DefaultModel = reader.GetString() },
                "local" => entry with { Local = reader.GetBoolean() },
                "unavailable" => entry with { Unavailable = reader.GetString() },
                "notes" => entry with { Notes = reader.GetString() },
                _ => throw Unknown(member),
            };
        }

        return entry;
    }

    private static ProviderAuth ReadAuth(ref Utf8JsonReader reader)
    {
        var auth = new ProviderAuth();
        Expect(ref reader, JsonTokenType.StartObject);
        while (NextMember(ref reader) is { } member)
        {
            auth = member switch
            {
                "scheme" => auth with { Scheme = Scheme(reader.GetString()) },
                "header" => auth with { Header = reader.GetString() },
                "credential" => auth with { Credential = reader.GetString() },
                "scope" => auth with { Scope = reader.GetString() },
                _ => throw Unknown(member),
            };
        }

        return auth;
    }

    private static ProviderQuirks ReadQuirks(ref Utf8JsonReader reader)
    {
        var quirks = ProviderQuirks.None;
        Expect(ref reader, JsonTokenType.StartObject);
        while (NextMember(ref reader) is { } member)
        {
            quirks = member switch
            {
                "stream_options" => quirks with { StreamOptions = reader.GetBoolean() },
                "max_tokens_field" => quirks with { MaxTokensField = Text(ref reader) },
                "reasoning_field" => quirks with { ReasoningField = reader.GetString() },
                "unsupported_params" => quirks with { UnsupportedParams = Texts(ref reader) },
                "renamed_params" => quirks with { RenamedParams = TextMap(ref reader) },
                "tool_call_id_length" => quirks with { ToolCallIdLength = reader.GetInt32() },
                "strict_messages" => quirks with { StrictMessages = reader.GetBoolean() },
                "empty_answers" => quirks with { EmptyAnswers = reader.GetBoolean() },
                "required_tool_choice" => quirks with { RequiredToolChoice = Text(ref reader) },
                "developer_role" => quirks with { DeveloperRole = reader.GetBoolean() },
                "message_fields" => quirks with { MessageFields = Texts(ref reader) },
                "bare_input_audio" => quirks with { BareInputAudio = reader.GetBoolean() },
                "assistant_after_tool" => quirks with { AssistantAfterTool = reader.GetBoolean() },
                "prefill_field" => quirks with { PrefillField = Text(ref reader) },
                "plain_text_content" => quirks with { PlainTextContent = reader.GetBoolean() },
                "echoed_reasoning" => quirks with { EchoedReasoning = reader.GetBoolean() },
                "forced_tool_stops_reasoning" => quirks with { ForcedToolStopsReasoning = reader.GetBoolean() },
                "thinking_parts" => quirks with { ThinkingParts = reader.GetBoolean() },
                "own_fields" => quirks with { OwnFields = Texts(ref reader) },
                "max_stops" => quirks with { MaxStops = reader.GetInt32() },
                "reasoning_efforts" => quirks with { ReasoningEfforts = Texts(ref reader) },
                "reasoning_off" => quirks with { ReasoningOff = TextMap(ref reader) },
                "custom_tools" => quirks with { CustomTools = reader.GetBoolean() },
                "float_encoding_format" => quirks with { FloatEncodingFormat = reader.GetBoolean() },
                "max_embedding_inputs" => quirks with { MaxEmbeddingInputs = reader.GetInt32() },
                "rerank_list" => quirks with { RerankList = reader.GetBoolean() },
                "model_in_path" => quirks with { ModelInPath = reader.GetBoolean() },
                "body_fields" => quirks with { BodyFields = TextMap(ref reader) },
                "beta_allow" => quirks with { BetaAllow = Texts(ref reader) },
                "cache_control" => quirks with { CacheControl = reader.GetBoolean() },
                _ => throw Unknown(member),
            };
        }

        return quirks;
    }

    private static string Text(ref Utf8JsonReader reader) =>
        reader.GetString() ?? throw new JsonException("A text was expected, not null.");

    private static List<string> Texts(ref Utf8JsonReader reader)
    {
        var texts = new List<string>();
        Expect(ref reader, JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            texts.Add(Text(ref reader));
        return texts;
    }

    private static Dictionary<string, string> TextMap(ref Utf8JsonReader reader)
    {
        var map = new Dictionary<string, string>();
        Expect(ref reader, JsonTokenType.StartObject);
        while (NextMember(ref reader) is { } member)
            map[member] = Text(ref reader);
        return map;
    }

    private static Dictionary<string, IReadOnlyList<string>> TextsMap(ref Utf8JsonReader reader)
    {
        var map = new Dictionary<string, IReadOnlyList<string>>();
        Expect(ref reader, JsonTokenType.StartObject);
        while (NextMember(ref reader) is { } member)
            map[member] = Texts(ref reader);
        return map;
    }

    private static CallOperation[] Operations(ref Utf8JsonReader reader)
    {
        var names = Texts(ref reader);
        var operations = new CallOperation[names.Count];
        for (var i = 0; i < operations.Length; i++)
            operations[i] = OperationKeys.Parse(names[i]) ?? throw new JsonException($"'{names[i]}' is not an operation.");
        return operations;
    }

    private static ProviderAuthScheme Scheme(string? name) => name switch
    {
        "bearer" => ProviderAuthScheme.Bearer,
        "header" => ProviderAuthScheme.Header,
        "none" => ProviderAuthScheme.None,
        "cloud" => ProviderAuthScheme.Cloud,
        _ => throw new JsonException($"'{name}' is not a way to send a credential."),
    };
}

/// <summary>The content of <c>providers.json</c>.</summary>
internal sealed record ProviderCatalogFile
{
    public IReadOnlyList<ProviderDescriptor> Providers { get; init; } = [];

    /// <summary>See <see cref="ProviderCatalog.AutoDetected"/>.</summary>
    public IReadOnlyList<string> AutoDetected { get; init; } = [];

    /// <summary>See <see cref="ProviderCatalog.Failover"/>.</summary>
    public FailoverChain Failover { get; init; } = new();
}
