using Switchyard.Money;

namespace Switchyard.Engine;

/// <content>The cost of the engine's calls.</content>
public sealed partial class SwitchyardEngine
{
    /// <summary>The spending of budgets, and the calls whose end is unknown.</summary>
    public Budgets Budgets => new(_money, _time);

    /// <summary>Reserves and settles the cost of calls.</summary>
    internal MoneyDesk Money => _money;

    /// <summary>Whether calls are recorded in a ledger (<c>storage.ledger</c>).</summary>
    public bool HasLedger => _money.Ledger is not null;

    /// <summary>Why the ledger, or the database that it is copied to, cannot be written now; null if it can.</summary>
    public LedgerTrouble? LedgerTrouble => _money.Ledger?.Trouble;
}
