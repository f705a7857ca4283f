using Switchyard.Dialects.Shared.Tools;


namespace Switchyard.Dialects.OpenAIChat;

/// <summary>
/// Gives OpenAI's old function calls the ids they lack, in order of appearance, and finds the call a result of role
/// <c>function</c> answers: the first one of that name still open.
/// </summary>
internal sealed class LegacyCallIds
{
    private OpenCalls? _open;
    private int _count;

    public string Open(string name)
    {
        var id = $"call_function_{_count++}";
        (_open ??= new()).Add(name, id);
        return id;
    }

    public string Answer(string name) => _open?.TakeNamed(name) ?? $"call_function_{_count++}";
}
