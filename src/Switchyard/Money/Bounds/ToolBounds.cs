using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Money.Bounds;

/// <summary>
/// The maximum uses of the tools that a provider runs itself: the request's limit for each (<c>max_uses</c>), or for all together
/// (<c>max_tool_calls</c>). Most requests set neither, and no provider documents a limit: each tool then counts as used 20 times, and an
/// advisor as asked 3 times.
/// </summary>
internal struct ToolBounds
{
    /// <summary>The assumed uses if the request sets no limit: 20.</summary>
    private const int Unnamed = 20;

    /// <summary>The same for an advisor, which reads the whole conversation each time: 3.</summary>
    private const int UnnamedAdvice = 3;

    private bool _isList;
    private bool _isWebSearch;
    private bool _isFileSearch;
    private bool _isAdvisor;
    private int _uses;
    private int _webSearches;
    private int _fileSearches;
    private int _advice;
    private int _all;

    // Whether a tool of the kind has no own limit: then only max_tool_calls limits it.
    private bool _isWebOpen;
    private bool _isFileOpen;

    /// <summary>The maximum number of web searches.</summary>
    public readonly ushort WebSearches => Bounded(_webSearches, _isWebOpen);

    /// <summary>The maximum number of searches in files stored at the provider.</summary>
    public readonly ushort FileSearches => Bounded(_fileSearches, _isFileOpen);

    /// <summary>The maximum number of times that an advisor is asked (a tool of Anthropic's, which is a model).</summary>
    public readonly ushort Advice => (ushort)_advice;

    /// <summary>Takes a token of a request.</summary>
    /// <param name="reader">The reader, at the token.</param>
    /// <param name="name">The name of the member that it belongs to.</param>
    public void Take(scoped ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        if (reader.CurrentDepth == 1)
        {
            TakeMember(ref reader, name);
            return;
        }

        if (_isList)
            TakeOfTool(ref reader, name, reader.CurrentDepth - 2);
    }

    /// <summary>Takes a tool of a decoded request, or of an in-process caller.</summary>
    public void Take(AITool tool)
    {
        if (tool is AIFunctionDeclaration)
            return;
        var before = (_webSearches, _fileSearches);
        foreach (var value in tool.AdditionalProperties.Values)
        {
            // Kept as JSON, because the canonical form has no class for it.
            if (value is JsonElement { ValueKind: JsonValueKind.Object } wire)
                TakeWire(wire);
        }

        if (before != (_webSearches, _fileSearches))
            return;
        if (tool is HostedWebSearchTool)
            (_webSearches, _isWebOpen) = (_webSearches + Unnamed, true);
        if (tool is HostedFileSearchTool)
            (_fileSearches, _isFileOpen) = (_fileSearches + Unnamed, true);
    }

    /// <summary>Takes the members about the provider's tools in the options of such a request.</summary>
    public void Take(ChatOptions options)
    {
        var kept = options.AdditionalProperties;
        if (kept.Element("web_search_options") is { ValueKind: JsonValueKind.Object })
            MayWebSearch();
        if (KeptFields.Find(kept, DialectId.OpenAIResponses, "max_tool_calls") is { } all && WrittenCount.Of(all) is { } uses)
            _all = WrittenCount.Within(uses, 1, ushort.MaxValue);
    }

    /// <summary>Notes that a part of the request is stored at the provider, and may name tools.</summary>
    public void MayHaveMore()
    {
        MayWebSearch();
        (_fileSearches, _isFileOpen) = (Math.Max(_fileSearches, Unnamed), true);
    }

    private void MayWebSearch() => (_webSearches, _isWebOpen) = (Math.Max(_webSearches, Unnamed), true);

    private void TakeMember(scoped ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartArray or JsonTokenType.EndArray:
                _isList = reader.TokenType == JsonTokenType.StartArray && name.SequenceEqual("tools"u8);
                break;
            case JsonTokenType.StartObject when name.SequenceEqual("web_search_options"u8):
                MayWebSearch();
                break;
            // Of a repeated limit the larger counts: readers differ in which they take.
            case (JsonTokenType.Number or JsonTokenType.String) when name.SequenceEqual("max_tool_calls"u8):
                _all = Math.Max(_all, UsesIn(ref reader));
                break;
        }
    }

    private void TakeWire(JsonElement tool)
    {
        var reader = new Utf8JsonReader(JsonMarshal.GetRawUtf8Value(tool), new JsonReaderOptions { MaxDepth = 512 });
        ReadOnlySpan<byte> name = default;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
                name = reader.ValueSpan;
            TakeOfTool(ref reader, name, reader.CurrentDepth);
        }
    }

    /// <summary>Takes a token of one tool, whose members are at depth 1.</summary>
    private void TakeOfTool(scoped ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name, int depth)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.EndObject when depth == 0:
                EndTool();
                break;
            // A type written with escapes is not decoded here: it may be any tool.
            case JsonTokenType.String when depth == 1 && name.SequenceEqual("type"u8):
                _isWebSearch |= reader.ValueIsEscaped || reader.ValueSpan.IndexOf("web_search"u8) >= 0
                    || reader.ValueTextEquals("x_search"u8);
                _isFileSearch |= reader.ValueIsEscaped || reader.ValueSpan.IndexOf("file_search"u8) >= 0;
                _isAdvisor |= reader.ValueIsEscaped || reader.ValueSpan.StartsWith("advisor_"u8);
                break;
            // In one format the member itself is the tool.
            case JsonTokenType.StartObject when depth == 1 && IsSearch(name):
                _isWebSearch = true;
                break;
            case (JsonTokenType.Number or JsonTokenType.String) when depth == 1 && name.SequenceEqual("max_uses"u8):
                _uses = Math.Max(_uses, UsesIn(ref reader));
                break;
        }
    }

    private void EndTool()
    {
        var uses = _uses > 0 ? _uses : Unnamed;
        _webSearches = Math.Min(ushort.MaxValue, _webSearches + (_isWebSearch ? uses : 0));
        _fileSearches = Math.Min(ushort.MaxValue, _fileSearches + (_isFileSearch ? uses : 0));
        var advice = _uses > 0 ? _uses : UnnamedAdvice;
        _advice = Math.Min(ushort.MaxValue, _advice + (_isAdvisor ? advice : 0));
        _isWebOpen |= _isWebSearch && _uses == 0;
        _isFileOpen |= _isFileSearch && _uses == 0;
        (_isWebSearch, _isFileSearch, _isAdvisor, _uses) = (false, false, false, 0);
    }

    private readonly ushort Bounded(int uses, bool isOpen) =>
        (ushort)Math.Min(_all == 0 ? uses : isOpen ? _all : Math.Min(uses, _all), ushort.MaxValue);

    /// <summary>Whether it is a search of the web; one of files costs nothing by use in that format.</summary>
    private static bool IsSearch(scoped ReadOnlySpan<byte> name) =>
        name.IndexOf("earch"u8) >= 0 && !name.StartsWith("file"u8);

    /// <summary>A limit of uses; at least 1, because no limit means less.</summary>
    private static int UsesIn(scoped ref Utf8JsonReader reader) =>
        WrittenCount.Of(ref reader) is { } uses ? WrittenCount.Within(uses, 1, ushort.MaxValue) : Unnamed;
}
