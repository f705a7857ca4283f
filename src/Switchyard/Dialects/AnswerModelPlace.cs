namespace Switchyard.Dialects;

/// <summary>Where an answer of a format names its model. Immutable.</summary>
/// <param name="Member">The name of the member, without quotation marks.</param>
/// <param name="StreamParent">
/// In the events of a stream, the member of the top level that holds it; null if it is on the top level of an event itself.
/// </param>
internal sealed record AnswerModelPlace(string Member, string? StreamParent = null)
{
    /// <summary>The member <c>model</c> on the top level, as in most formats.</summary>
    public static readonly AnswerModelPlace TopLevel = new("model");
}
