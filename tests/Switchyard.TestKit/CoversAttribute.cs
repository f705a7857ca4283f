namespace Switchyard.TestKit;

/// <summary>
/// The ids that a test covers: of the acceptance list (<c>S004-24</c>), of the pitfalls of translation (<c>T5</c>) or of the faults found
/// from outside (<c>X3</c>). <c>docs/coverage.md</c> is made from these attributes; <c>docs/coverage.tsv</c> describes each id.
/// </summary>
/// <param name="ids">The ids, in any order.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true, Inherited = false)]
public sealed class CoversAttribute(params string[] ids) : Attribute
{
    /// <summary>The ids.</summary>
    public IReadOnlyList<string> Ids { get; } = ids;
}
