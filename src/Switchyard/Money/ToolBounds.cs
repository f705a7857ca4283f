using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Switchyard.Money;

/// <summary>
/// How often the tools that a provider runs itself can be used for a request at most: as often as the request allows each
/// (<c>max_uses</c>), or all together (<c>max_tool_calls</c>). Most requests say neither, and no provider names a limit of its own: then
/// each counts as used 20 times.
/// </summary>
internal struct ToolBounds
{
    /// <summary>What is taken where the request says nothing: 20 uses.</summary>
    private const int Unnamed = 20;

    private bool _isList;
    private bool _isWebSearch;
    private bool _isFileSearch;
    private int _uses;
    private int _webSearches;
    private int _fileSearches;
    private int _all;

    /// <summary>The most searches of the web.</summary>
    public readonly ushort WebSearches => Bounded(_webSearches);

    /// <summary>The most searches of files that the provider keeps.</summary>
    public readonly ushort FileSearches => Bounded(_fileSearches);

    /// <summary>Takes a token of a request.</summary>
    /// <param name="reader">Where it stands.</param>
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

    /// <summary>Takes a tool of a request that was decoded, or of a caller in process.</summary>
    public void Take(AITool tool)
    {
        if (tool is AIFunctionDeclaration)
            return;
        var before = (_webSearches, _fileSearches);
        foreach (var value in tool.AdditionalProperties.Values)
        {
            // As it came, where this format of ours has no words for it.
            if (value is JsonElement { ValueKind: JsonValueKind.Object } wire)
                TakeWire(wire);
        }

        if (before != (_webSearches, _fileSearches))
            return;
        _webSearches += tool is HostedWebSearchTool ? Unnamed : 0;
        _fileSearches += tool is HostedFileSearchTool ? Unnamed : 0;
    }

    /// <summary>Says that the provider keeps a part of the request, which may name tools.</summary>
    public void MayHaveMore()
    {
        _webSearches = Math.Max(_webSearches, Unnamed);
        _fileSearches = Math.Max(_fileSearches, Unnamed);
    }

    private void TakeMember(scoped ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartArray or JsonTokenType.EndArray:
                _isList = reader.TokenType == JsonTokenType.StartArray && name.SequenceEqual("tools"u8);
                break;
            case JsonTokenType.StartObject when name.SequenceEqual("web_search_options"u8):
                _webSearches = Math.Max(_webSearches, Unnamed);
                break;
            case JsonTokenType.Number when name.SequenceEqual("max_tool_calls"u8):
                _all = UsesIn(ref reader);
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

    /// <summary>Takes a token of one tool: its members stand at depth 1.</summary>
    private void TakeOfTool(scoped ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name, int depth)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.EndObject when depth == 0:
                EndTool();
                break;
            // One that is written with escapes is not read here: it may be any.
            case JsonTokenType.String when depth == 1 && name.SequenceEqual("type"u8):
                _isWebSearch |= reader.ValueIsEscaped || reader.ValueSpan.IndexOf("web_search"u8) >= 0
                    || reader.ValueTextEquals("x_search"u8);
                _isFileSearch |= reader.ValueIsEscaped || reader.ValueSpan.IndexOf("file_search"u8) >= 0;
                break;
            // In one format the member itself is the tool.
            case JsonTokenType.StartObject when depth == 1 && IsSearch(name):
                _isWebSearch = true;
                break;
            case JsonTokenType.Number when depth == 1 && name.SequenceEqual("max_uses"u8):
                _uses = UsesIn(ref reader);
                break;
        }
    }

    private void EndTool()
    {
        var uses = _uses > 0 ? _uses : Unnamed;
        _webSearches = Math.Min(ushort.MaxValue, _webSearches + (_isWebSearch ? uses : 0));
        _fileSearches = Math.Min(ushort.MaxValue, _fileSearches + (_isFileSearch ? uses : 0));
        (_isWebSearch, _isFileSearch, _uses) = (false, false, 0);
    }

    private readonly ushort Bounded(int uses) => (ushort)Math.Min(_all > 0 ? Math.Min(uses, _all) : uses, ushort.MaxValue);

    /// <summary>Whether it is a search of the web; one of files costs nothing by use in that format.</summary>
    private static bool IsSearch(scoped ReadOnlySpan<byte> name) =>
        name.IndexOf("earch"u8) >= 0 && !name.StartsWith("file"u8);

    /// <summary>A limit of uses; at least 1, because none means less.</summary>
    private static int UsesIn(scoped ref Utf8JsonReader reader) =>
        reader.TryGetDouble(out var uses) ? (int)Math.Clamp(uses, 1, ushort.MaxValue) : Unnamed;
}
