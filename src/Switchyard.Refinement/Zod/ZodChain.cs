using Acornima.Ast;

namespace Switchyard.Refinement.Zod;

/// <summary>A call in a chain: <c>.min(1)</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Start">The position of its dot, or of the blank before it.</param>
/// <param name="End">The position after its closing bracket.</param>
internal readonly record struct ZodCall(string Name, IReadOnlyList<Node> Arguments, int Start, int End);

/// <summary>A parsed expression of chained calls: <c>z.string().min(1).optional()</c>.</summary>
internal sealed class ZodChain
{
    private const int MaxCalls = 100;

    private ZodChain(Node start, List<ZodCall> calls) => (Start, Calls) = (start, calls);

    /// <summary>The start of the chain: <c>z</c>, another schema's name, or another expression.</summary>
    public Node Start { get; }

    /// <summary>The calls, in order.</summary>
    public List<ZodCall> Calls { get; }

    /// <summary>The name at the start of the chain; null if it starts with another expression.</summary>
    public string? StartName => (Start as Identifier)?.Name;

    /// <summary>The call of a name; null if there is none. Of several the last.</summary>
    public ZodCall? Find(string name)
    {
        for (var i = Calls.Count - 1; i >= 0; i--)
        {
            if (Calls[i].Name == name)
                return Calls[i];
        }

        return null;
    }

    /// <summary>Parses an expression; null for an extremely long chain.</summary>
    public static ZodChain? Of(Node expression)
    {
        var calls = new List<ZodCall>();
        var node = expression;
        while (node is CallExpression
            {
                Optional: false, Callee: MemberExpression { Computed: false, Property: Identifier method } member,
            } call)
        {
            if (calls.Count == MaxCalls)
                return null;
            calls.Add(new ZodCall(method.Name, [.. call.Arguments], member.Object.End, call.End));
            node = member.Object;
        }

        calls.Reverse();
        return new ZodChain(node, calls);
    }
}
