using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>A tool call while its arguments arrive.</summary>
internal sealed class StreamedCall(int index, string id, string name)
{
    private readonly StringBuilder _arguments = new();

    /// <summary>Its name; empty when the provider never gave one.</summary>
    public string Name { get; } = name;

    /// <summary>Whether no arguments have come.</summary>
    public bool IsEmpty => _arguments.Length == 0;

    public ToolCallFragment Open() => new() { Index = index, CallId = id, Name = Name };

    public ToolCallFragment Append(string piece)
    {
        _arguments.Append(piece);
        return new() { Index = index, Arguments = piece };
    }

    public FunctionCallContent Complete()
    {
        var call = ToolArguments.ToCall(id, Name, _arguments.ToString());
        call.AdditionalProperties![CanonicalKeys.ToolCallIndex] = index;
        return call;
    }
}
