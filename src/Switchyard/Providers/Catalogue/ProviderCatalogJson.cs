using System.Text.Json;
using System.Text.Json.Serialization;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Providers.Catalogue;

/// <summary>The whole of <c>providers.json</c>.</summary>
internal sealed class ProviderCatalogFile
{
    public List<ProviderCatalogEntry>? Providers { get; set; }
}

/// <summary>
/// A <see cref="ProviderDescriptor"/> as it is written in the file. It exists because the JSON source generator sets every init-only member
/// of a type, so that members the file leaves out would lose their defaults (.NET 10; the reflection serialiser keeps them, but its
/// reflection is paid on every start). A test compares the two member lists.
/// </summary>
internal sealed class ProviderCatalogEntry
{
    private static readonly ProviderDescriptor Defaults = new() { Name = "" };

    public string? Name { get; set; }

    public string? DisplayName { get; set; }

    public List<string>? Aliases { get; set; }

    public List<string>? Dialects { get; set; }

    public string? BaseUrl { get; set; }

    public Dictionary<string, List<string>>? Variables { get; set; }

    public Dictionary<string, string>? BaseUrls { get; set; }

    public Dictionary<string, string>? AddressRewrites { get; set; }

    public Dictionary<string, string>? Paths { get; set; }

    public string? Query { get; set; }

    public string? ModelsPath { get; set; } = Defaults.ModelsPath;

    public ProviderCatalogAuth? Auth { get; set; }

    public List<string>? KeyEnv { get; set; }

    public Dictionary<string, string>? Headers { get; set; }

    public List<CallOperation>? Operations { get; set; }

    public ProviderCatalogQuirks? Quirks { get; set; }

    public int? Timeout { get; set; }

    public int Priority { get; set; }

    public List<string>? Features { get; set; }

    public List<string>? ModelPatterns { get; set; }

    public List<string>? Models { get; set; }

    public bool Local { get; set; }

    public string? Unavailable { get; set; }

    public string? Notes { get; set; }

    public ProviderDescriptor ToDescriptor() => new()
    {
        Name = Name ?? "",
        DisplayName = DisplayName,
        Aliases = Aliases ?? Defaults.Aliases,
        Dialects = Dialects ?? Defaults.Dialects,
        BaseUrl = BaseUrl,
        Variables = Variables?.ToDictionary(pair => pair.Key, IReadOnlyList<string> (pair) => pair.Value) ?? Defaults.Variables,
        BaseUrls = BaseUrls ?? Defaults.BaseUrls,
        AddressRewrites = AddressRewrites ?? Defaults.AddressRewrites,
        Paths = Paths ?? Defaults.Paths,
        Query = Query,
        ModelsPath = ModelsPath,
        Auth = Auth?.ToAuth() ?? Defaults.Auth,
        KeyEnv = KeyEnv ?? Defaults.KeyEnv,
        Headers = Headers ?? Defaults.Headers,
        Operations = Operations ?? Defaults.Operations,
        Quirks = Quirks?.ToQuirks() ?? Defaults.Quirks,
        Timeout = Timeout,
        Priority = Priority,
        Features = Features ?? Defaults.Features,
        ModelPatterns = ModelPatterns ?? Defaults.ModelPatterns,
        Models = Models ?? Defaults.Models,
        Local = Local,
        Unavailable = Unavailable,
        Notes = Notes,
    };
}

/// <summary>A <see cref="ProviderAuth"/> as it is written in the file.</summary>
internal sealed class ProviderCatalogAuth
{
    public ProviderAuthScheme Scheme { get; set; }

    public string? Header { get; set; }

    public string? Credential { get; set; }

    public string? Scope { get; set; }

    public ProviderAuth ToAuth() => new() { Scheme = Scheme, Header = Header, Credential = Credential, Scope = Scope };
}

/// <summary>A <see cref="ProviderQuirks"/> as it is written in the file.</summary>
internal sealed class ProviderCatalogQuirks
{
    public bool StreamOptions { get; set; } = ProviderQuirks.None.StreamOptions;

    public string? MaxTokensField { get; set; }

    public string? ReasoningField { get; set; }

    public List<string>? UnsupportedParams { get; set; }

    public Dictionary<string, string>? RenamedParams { get; set; }

    public int? ToolCallIdLength { get; set; }

    public string? RequiredToolChoice { get; set; }

    public bool DeveloperRole { get; set; } = ProviderQuirks.None.DeveloperRole;

    public List<string>? MessageFields { get; set; }

    public bool BareInputAudio { get; set; }

    public bool ThinkingParts { get; set; }

    public List<string>? ReasoningEfforts { get; set; }

    public bool RerankList { get; set; }

    public bool ModelInPath { get; set; }

    public Dictionary<string, string>? BodyFields { get; set; }

    public List<string>? BetaAllow { get; set; }

    public bool CacheControl { get; set; } = ProviderQuirks.None.CacheControl;

    public ProviderQuirks ToQuirks() => new()
    {
        StreamOptions = StreamOptions,
        MaxTokensField = MaxTokensField ?? ProviderQuirks.None.MaxTokensField,
        ReasoningField = ReasoningField,
        UnsupportedParams = UnsupportedParams ?? ProviderQuirks.None.UnsupportedParams,
        RenamedParams = RenamedParams ?? ProviderQuirks.None.RenamedParams,
        ToolCallIdLength = ToolCallIdLength,
        RequiredToolChoice = RequiredToolChoice ?? ProviderQuirks.None.RequiredToolChoice,
        DeveloperRole = DeveloperRole,
        MessageFields = MessageFields ?? ProviderQuirks.None.MessageFields,
        BareInputAudio = BareInputAudio,
        ThinkingParts = ThinkingParts,
        ReasoningEfforts = ReasoningEfforts ?? ProviderQuirks.None.ReasoningEfforts,
        RerankList = RerankList,
        ModelInPath = ModelInPath,
        BodyFields = BodyFields ?? ProviderQuirks.None.BodyFields,
        BetaAllow = BetaAllow,
        CacheControl = CacheControl,
    };
}

/// <summary>
/// Reads <c>providers.json</c> without reflection, because it is read on every start. An unknown member is an error: a misspelt quirk
/// would otherwise be ignored in silence.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    ReadCommentHandling = JsonCommentHandling.Skip,
    Converters = [typeof(SnakeCaseEnumConverter<CallOperation>), typeof(SnakeCaseEnumConverter<ProviderAuthScheme>)])]
[JsonSerializable(typeof(ProviderCatalogFile))]
internal sealed partial class ProviderCatalogJsonContext : JsonSerializerContext;

/// <summary>Enum members as <c>snake_case</c> text, and as nothing else.</summary>
internal sealed class SnakeCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
