using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>What one chunk adds to one choice.</summary>
internal struct Delta
{
    public JoinedText Reasoning;
    public JoinedText Text;
    public JoinedText Refusal;
    private List<DeltaCall>? _calls;

    /// <summary>Images, and a piece of sound; null without any.</summary>
    public List<AIContent>? Media { get; private set; }

    public readonly bool IsEmpty =>
        Reasoning.IsNone && Text.IsNone && Refusal.IsNone && _calls is null && Media is null;

    public void Add(AIContent media) => (Media ??= []).Add(media);

    public void Add(DeltaCall call) => (_calls ??= []).Add(call);

    /// <summary>Takes out the pieces of calls after the first.</summary>
    /// <returns>Null if there are no more.</returns>
    public readonly List<DeltaCall>? TakeFurtherCalls()
    {
        if (_calls is not { Count: > 1 })
            return null;
        var further = _calls[1..];
        _calls.RemoveRange(1, further.Count);
        return further;
    }

    public readonly void WriteCalls(Utf8JsonWriter writer)
    {
        if (_calls is null)
            return;
        if (_calls is [{ IsLegacy: true } legacy])
        {
            writer.WriteStartObject("function_call"u8);
            legacy.WriteFunction(writer, "arguments"u8);
            writer.WriteEndObject();
            return;
        }

        writer.WriteStartArray("tool_calls"u8);
        foreach (var call in _calls)
            call.Write(writer);
        writer.WriteEndArray();
    }
}

/// <summary>A piece of a tool call on the wire; id and name are set on the first piece only.</summary>
internal readonly record struct DeltaCall(int Index, string? Id, string? Name, string Arguments, bool IsCustom, bool IsLegacy)
{
    /// <summary>Further members of the call; written with its first piece only.</summary>
    public IReadOnlyList<KeyValuePair<string, JsonElement>> Others { get; init; } = [];

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("index"u8, Index);
        if (Id is not null)
        {
            writer.WriteString("id"u8, Id);
            writer.WriteString("type"u8, IsCustom ? "custom"u8 : "function"u8);
        }

        writer.WriteStartObject(IsCustom ? "custom"u8 : "function"u8);
        WriteFunction(writer, IsCustom ? "input"u8 : "arguments"u8);
        writer.WriteEndObject();
        foreach (var (name, value) in Others)
        {
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    public void WriteFunction(Utf8JsonWriter writer, ReadOnlySpan<byte> argumentsName)
    {
        if (Name is not null)
            writer.WriteString("name"u8, Name);
        writer.WriteString(argumentsName, Arguments);
    }
}
