using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// One tool call of a stream being written. It watches whether its arguments are complete, because only then the next block may begin.
/// </summary>
internal sealed class WrittenCall(int? source, string id, string name, AdditionalPropertiesDictionary? members)
{
    private ArgumentScan _scan;

    /// <summary>The call's position as the decoder counts; null for one that came whole.</summary>
    public int? Source { get; } = source;

    public string Id { get; } = id;

    public string Name { get; } = name;

    /// <summary>What was kept of the call, with its further members.</summary>
    public AdditionalPropertiesDictionary? Members { get; } = members;

    /// <summary>Whether its arguments are complete.</summary>
    public bool IsComplete { get; set; }

    public bool HasArguments { get; private set; }

    /// <summary>The arguments that wait for another block to end.</summary>
    public StringBuilder Waiting { get; } = new();

    /// <summary>Takes the next piece of the arguments.</summary>
    /// <returns>False when the piece is empty or the arguments were complete already: it is not to be sent.</returns>
    public bool Take(string arguments)
    {
        if (IsComplete || arguments.Length == 0)
            return false;
        HasArguments = true;
        _scan.Take(arguments);
        IsComplete = _scan.IsWhole;
        return true;
    }
}
