using System.Globalization;
using Switchyard.Targets;

namespace Switchyard.Dialects.Gemini;

/// <summary>What differs between generations of models: from the catalogue or, for a model it does not list, from the name.</summary>
internal readonly record struct ModelTraits(double Generation, bool IsPro, ModelFacts Facts)
{
    /// <summary>Whether it takes <c>thinkingLevel</c> rather than <c>thinkingBudget</c>.</summary>
    public bool TakesLevel => Facts.ReasoningEfforts.Count > 0
        ? !Facts.TakesReasoningBudget || Generation >= 3
        : !Facts.TakesReasoningBudget && Generation >= 3;

    /// <summary>Whether it refuses a function call in the history without the signature of the thoughts behind it.</summary>
    public bool ChecksSignatures => Generation >= 3;

    /// <summary>Whether it takes media inside a function response.</summary>
    public bool TakesMediaInResults => Generation >= 3;

    /// <summary>Whether it can think, as far as is known.</summary>
    public bool Thinks => Facts.Reasoning ?? Generation is 0 or >= 2.5;

    public static ModelTraits Of(EgressTarget target)
    {
        var name = target.Model.ToLowerInvariant();
        var generation = 0.0;
        var at = name.IndexOf("gemini-", StringComparison.Ordinal);
        if (at >= 0)
        {
            var digits = name.AsSpan(at + "gemini-".Length);
            var length = 0;
            while (length < digits.Length && (char.IsAsciiDigit(digits[length]) || digits[length] == '.'))
                length++;
            double.TryParse(digits[..length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out generation);
        }

        return new ModelTraits(generation, name.Contains("-pro", StringComparison.Ordinal), target.Facts);
    }
}
